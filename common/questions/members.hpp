#pragma once
// Members: reads the members of a JSON object that anybody may have written: what is missing stays as it was, what is
// not as it should be makes all of it bad. No sum of its numbers overflows, and each of its times can be written. Who:
// the values of answers, in this folder alone. Confined to who holds it; the object outlives it.

#include <cstdint>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/json/json.hpp"

namespace certes::questions {

class Members {
 public:
  explicit Members(const nlohmann::json& json) : json_(json), good_(json.is_object()) {}

  void count(const char* name, std::uint64_t& into);
  void time(const char* name, UnixMillis& into);
  void rate(const char* name, double& into);
  void flag(const char* name, bool& into);
  // Null: it is not there, or something was bad before.
  const nlohmann::json* find(const char* name) const;
  // The same of a text: of anything else it is bad.
  const std::string* text(const char* name);
  void bad() { good_ = false; }
  bool good() const { return good_; }

 private:
  const nlohmann::json& json_;
  bool good_;
};

}  // namespace certes::questions
