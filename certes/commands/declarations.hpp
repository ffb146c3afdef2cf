#pragma once
// The files of `certes apply`: resources declared in TOML, checked as far as can be without asking a service, each with
// its place. Pure but for the files read (secret_file).

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.hpp"

namespace certes::command {

struct Declaration {
  std::string kind;  // as in the API's paths
  std::string id;
  std::string body;                          // JSON object, without the id
  std::string place;                         // "file:line"
  std::map<std::string, std::string> lines;  // member → "file:line", for errors with a pointer

  std::string name() const { return kind + "/" + id; }
};

// Gives the value of ${NAME}; nothing: it is not set, an error.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

// Adds what `text` declares. `file` stands in errors, and secret_file is relative to its directory. Error: invalid,
// "file:line: what".
Result<void> add_declarations(const std::string& text, const std::string& file, const Variables& variables,
                              std::vector<Declaration>& out);

// What is wrong with all of them together: the same id twice. Then in the order they can be applied in: what is
// referred to first.
Result<void> check_together(std::vector<Declaration>& declarations);

// Where a problem's JSON pointer ("/verify/secret") points in the file.
std::string place_of(const Declaration& declaration, const std::string& pointer);

}  // namespace certes::command
