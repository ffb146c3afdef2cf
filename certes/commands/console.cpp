#include "certes/commands/console.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <numeric>

#include "certes/commands/cells.hpp"
#include "common/base/clock.hpp"
#include "common/base/printable.hpp"
#include "common/config/toml.hpp"

namespace certes::command {
namespace {

constexpr const char* kFirstKey = "certes-data/admin.key";

constexpr std::size_t kBetween = 2;  // columns of a table
constexpr std::size_t kSentenceColumns = 16;
constexpr std::size_t kLeastRoom = 20;  // for a value beside its name; below, the terminal breaks it
constexpr std::size_t kIdColumns = 30;  // "evt_" and a ULID: who copies one needs it whole

std::size_t table_columns(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), kBetween * (widths.size() - 1));
}

// How many of its columns a value is never cut below: a time is of no use without its age, and of a sentence the
// beginning says what it is about.
std::size_t least_columns(const std::string& value) {
  const std::size_t space = value.find(' ');
  if (space == value.npos) return std::min(columns_of(value), kIdColumns);
  const bool is_time = value.ends_with(')') && parse_rfc3339(value.substr(0, space)) > 0;
  return is_time ? columns_of(value) : std::min(columns_of(value), kSentenceColumns);
}

// The widest first. False: they do not fit.
bool narrow(std::vector<std::size_t>& widths, const std::vector<std::size_t>& least, std::size_t columns) {
  while (table_columns(widths) > columns) {
    std::size_t* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (widths[i] > least[i] && (widest == nullptr || widths[i] > *widest)) widest = &widths[i];
    if (widest == nullptr) return false;
    --*widest;
  }
  return true;
}

std::string row_line(const Row& row, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i)
    line += (i == 0 ? "" : std::string(kBetween, ' ')) + fitted(row[i], widths[i]);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string rows_apart(const Row& titles, const std::vector<Row>& rows, std::size_t columns) {
  std::string text;
  for (const Row& row : rows) {
    std::vector<Member> members;
    for (std::size_t i = 0; i < std::min(row.size(), titles.size()); ++i) members.emplace_back(titles[i], row[i]);
    text += (text.empty() ? "" : "\n") + member_lines(members, columns);
  }
  return text;
}

// False: nobody reads it any more. Another trouble, such as a full disk, ends nothing.
bool try_print(std::string_view text) {
  const std::string shown = printable(text);
  const bool written = std::fwrite(shown.data(), 1, shown.size(), stdout) == shown.size() && std::fflush(stdout) == 0;
  return written || errno != EPIPE;
}

[[noreturn]] void end_by_sigpipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  std::_Exit(128 + SIGPIPE);  // blocked
}

}  // namespace

std::size_t output_columns() {
  winsize size{};
  return ::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string table(const Row& titles, const std::vector<Row>& rows) { return table(titles, rows, output_columns()); }

std::string table(const Row& titles, const std::vector<Row>& rows, std::size_t columns) {
  std::vector<std::size_t> widths;
  for (const std::string& title : titles) widths.push_back(columns_of(title));
  std::vector<std::size_t> least = widths;
  std::vector<Row> shown = rows;
  for (Row& row : shown)
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = printable_line(row[i]);
      if (i >= widths.size()) continue;
      widths[i] = std::max(widths[i], columns_of(row[i]));
      least[i] = std::max(least[i], least_columns(row[i]));
    }
  if (columns != 0 && !narrow(widths, least, columns)) return rows_apart(titles, shown, columns);
  std::string text = row_line(titles, widths);
  for (const Row& row : shown) text += row_line(row, widths);
  return text;
}

std::string member_lines(const std::vector<Member>& members) { return member_lines(members, output_columns()); }

std::string member_lines(const std::vector<Member>& members, std::size_t columns) {
  std::size_t width = 0;
  for (const auto& [name, value] : members) width = std::max(width, name.size());
  const std::string indent(width + 1, ' ');
  const std::size_t room = columns > indent.size() + kLeastRoom ? columns - indent.size() : 0;
  std::string text;
  for (const auto& [name, value] : members) {
    std::string shown = printable_block(value, indent);
    if (room != 0 && shown.find('\n') == shown.npos) {
      std::string lines;
      for (const std::string& line : wrapped(shown, room)) lines += (lines.empty() ? "" : "\n" + indent) + line;
      shown = std::move(lines);
    }
    text += name + std::string(indent.size() - name.size(), ' ') + shown + "\n";
  }
  return text;
}

void print(std::string_view text) {
  if (!try_print(text)) end_by_sigpipe();
}

void print_line(std::string_view text) { print(std::string(text) + "\n"); }
bool try_print_line(std::string_view text) { return try_print(std::string(text) + "\n"); }

void note(std::string_view text) {
  const std::string shown = "certes: " + printable(text) + "\n";
  std::fwrite(shown.data(), 1, shown.size(), stderr);
}

namespace {

int exit_status(Code code) {
  switch (code) {
    case Code::unavailable: return kExitNotReachable;
    case Code::not_found: return kExitNotFound;
    case Code::unauthenticated:
    case Code::forbidden: return kExitNotAllowed;
    case Code::timeout: return kExitTimedOut;
    default: return kExitFailure;
  }
}

// A file that is not there is a wrong argument: "not found" is what a service says.
Result<std::string> file_text(const std::string& path, std::size_t most, std::string_view prefix) {
  auto text = config::read_file(path, most);
  if (!text) return fail(Code::invalid, std::string(prefix) + text.error().message);
  return text;
}

}  // namespace

int failed(const Error& error) {
  std::string text = error.message;
  if (!error.pointer.empty()) text += " (at " + error.pointer + ")";
  const bool gateways = !error.pointer.starts_with("kafka.");  // Kafka's name settings of their own
  if (error.code == Code::unauthenticated && gateways) {
    text += "; --key, --key-file or CERTES_KEY gives the key";
    if (::access(kFirstKey, R_OK) == 0) text += "; this directory has one: --key-file " + std::string(kFirstKey);
  }
  note(text);
  return exit_status(error.code);
}

Result<std::string> argument_text(const std::string& argument) {
  if (argument.starts_with('@')) return file_text(argument.substr(1), 64u << 20, "");
  if (argument != "-") return argument;
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

Result<std::string> key_of(const Connection& connection) {
  if (!connection.key.empty() || connection.key_file.empty()) return connection.key;
  auto text = file_text(connection.key_file, 4'096, "key file: ");
  if (!text) return text;
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  return text;
}

Result<client::ApiClient> api_of(const Connection& connection) {
  auto key = key_of(connection);
  if (!key) return fail(key.error());
  client::ApiClient api(connection.url, std::move(*key), connection.tenant);
  api.trust(connection.ca_file);
  return api;
}

}  // namespace certes::command
