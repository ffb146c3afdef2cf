#pragma once
// What commands print and read at a terminal. Main thread.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certes/options.hpp"
#include "client/api_client.hpp"
#include "common/base/error.hpp"
#include "common/base/result.hpp"

namespace certes::command {

using Row = std::vector<std::string>;

// Columns padded to their widest value; the last one is not padded. A row is one line, whatever its values hold. Where
// standard output is a terminal, the table fits it.
std::string table(const Row& titles, const std::vector<Row>& rows);
// The same in so many columns of a terminal (0: as many as it takes): values that are longer than an id are cut, but
// for times with their age; where that is not enough, each row is shown as lines of titles and values, whole.
std::string table(const Row& titles, const std::vector<Row>& rows, std::size_t columns);
// Of the terminal that standard output is; 0: it is none.
std::size_t output_columns();

// A name and what it is; values of several lines are indented, so that none of them looks like a line of ours, and
// those of one line that are longer than the terminal is wide (0: it is none) are broken.
using Member = std::pair<std::string, std::string>;
std::string member_lines(const std::vector<Member>& members);
std::string member_lines(const std::vector<Member>& members, std::size_t columns);

// What others wrote is in most of what is printed: see printable.
// To standard output, at once. Where nobody reads it any more, the command ends as by SIGPIPE.
void print(std::string_view text);
void print_line(std::string_view text);  // the same and a line's end
// The same for a service, which goes on. False: nobody reads it any more.
bool try_print_line(std::string_view text);
void note(std::string_view text);  // a line on standard error: how far it is, what is wrong

// "certes: message (at /pointer)" on standard error; gives the exit status of a command that ends so.
int failed(const Error& error);

// Text of an argument: "@FILE", "-" (standard input) or itself.
Result<std::string> argument_text(const std::string& argument);

// The key, from --key or --key-file.
Result<std::string> key_of(const Connection& connection);
Result<client::ApiClient> api_of(const Connection& connection);

}  // namespace certes::command
