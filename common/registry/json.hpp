#pragma once
// Reading JSON strictly. Internal to the registry and the Master API: nlohmann's types stay behind this header.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace certes::registry {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// UTF-8, no member twice, at most 32 levels deep. Error: invalid.
Result<Json> parse_json(std::string_view text);

// A member name as a step of a JSON pointer (RFC 6901).
std::string pointer_step(std::string_view name);

// The members of one object, taken one after the other. The first thing wrong is kept, and what comes after it is not
// looked at; done() gives it, or says which member nobody asked for. A member that is absent leaves `out` as it is.
class Fields {
 public:
  Fields(const Json& object, std::string pointer);

  bool has(std::string_view name) const { return object_ != nullptr && object_->contains(name); }
  const Json* take(std::string_view name);

  void text(std::string_view name, std::string& out, std::size_t max_bytes = 1'024);
  void number(std::string_view name, double& out, double min, double max);
  void boolean(std::string_view name, bool& out);
  template <class Int>
  void integer(std::string_view name, Int& out, Int min, Int max) {
    std::int64_t value = static_cast<std::int64_t>(out);
    integer64(name, value, static_cast<std::int64_t>(min), static_cast<std::int64_t>(max));
    out = static_cast<Int>(value);
  }
  // The position of the text among `names`.
  template <class Enum>
  void choice(std::string_view name, Enum& out, std::initializer_list<std::string_view> names) {
    if (const auto index = choose(name, names)) out = static_cast<Enum>(*index);
  }
  void texts(std::string_view name, std::vector<std::string>& out, std::size_t max_count, std::size_t max_bytes);
  void statuses(std::string_view name, std::vector<int>& out);
  void numbers(std::string_view name, std::vector<double>& out, std::size_t max_count, double min, double max);

  // Members whose work comes later.
  void not_yet(std::initializer_list<std::string_view> names);
  // A member of which only this value works yet.
  void only(std::string_view name, std::string_view value);
  void passed_over(std::initializer_list<std::string_view> names);
  void required(std::string_view name);

  bool ok() const { return !error_; }
  void refuse(std::string_view name, std::string message);
  void refuse(Error error);
  // Absolute pointer of a member.
  std::string at(std::string_view name) const { return pointer_ + pointer_step(name); }
  // The first error; unknown members last.
  std::optional<Error> done();

 private:
  void integer64(std::string_view name, std::int64_t& out, std::int64_t min, std::int64_t max);
  std::optional<std::size_t> choose(std::string_view name, std::initializer_list<std::string_view> names);

  const Json* object_;
  std::string pointer_;
  std::set<std::string, std::less<>> taken_;
  std::optional<Error> error_;
};

}  // namespace certes::registry
