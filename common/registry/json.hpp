#pragma once
// Reading JSON strictly. Internal to the registry and the Master API: nlohmann's types stay behind this header.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace certes::registry {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// UTF-8, no member twice, at most 32 levels deep. Error: invalid.
Result<Json> parse_json(std::string_view text);

// A member name as a step of a JSON pointer (RFC 6901).
std::string pointer_step(std::string_view name);

// The same of a whole pointer, undone: "/a~1b/c" gives "a/b", "c".
std::vector<std::string> pointer_steps(std::string_view pointer);

// What becomes of members that this version does not know. Of what is stored all are kept, at their places; a
// declaration may hold those that stand in the stored resource, with the value that is shown there.
class Unknown {
 public:
  static Unknown kept() { return Unknown(nullptr); }
  // `shown`: an object, with the unknown members of the stored resource as they are shown; must outlive it.
  static Unknown as_stored(const Json& shown) { return Unknown(&shown); }

  // Whether it stands in the stored resource, with whatever value.
  bool stands(const std::string& pointer) const;
  // Whether it may be there.
  bool take(const std::string& pointer, const Json& value);
  // Those that were taken: an object.
  const Json& taken() const { return taken_; }

 private:
  explicit Unknown(const Json* shown) : shown_(shown) {}
  const Json* shown_;  // null: all are taken
  Json taken_ = Json::object();
};

// The members of one object, taken one after the other. The first thing wrong is kept, and what comes after it is not
// looked at; done() gives it, or says which member nobody asked for. A member that is absent leaves `out` as it is.
//
// Whoever reads by it describes what it reads, too: one that notes has no object. It says that every member is there,
// takes no refusal, and writes down as a JSON Schema what each is asked to be; what `out` holds is its default, unless
// that is nothing (0, "", false).
class Fields {
 public:
  // `schema`: an object that it adds to; outlives it.
  static Fields noting(OrderedJson& schema);
  // `unknown`: what becomes of members that nobody asks for; null: they are refused.
  Fields(const Json& object, std::string pointer, Unknown* unknown = nullptr);
  // Of one of its members. Of an entry of one, as only the log has them: what is unknown there is passed over.
  Fields inside(const Json& object, std::string_view name) const;
  Fields entry(const Json& object, std::string_view name, std::size_t index) const;

  bool has(std::string_view name) const {
    return schema_ != nullptr || (object_ != nullptr && object_->contains(name));
  }
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
    if (const auto index = choose(name, names, static_cast<std::size_t>(out))) out = static_cast<Enum>(*index);
  }
  void texts(std::string_view name, std::vector<std::string>& out, std::size_t max_count, std::size_t max_bytes);
  void statuses(std::string_view name, std::vector<int>& out);
  void numbers(std::string_view name, std::vector<double>& out, std::size_t max_count, double min, double max);

  // Of a member that was asked for before: what else its schema says, where schemas are noted.
  template <class Make>
  void also(std::string_view name, Make more) {
    if (schema_ != nullptr) note(name, more());
  }

  // Members whose work comes later.
  void not_yet(std::initializer_list<std::string_view> names);
  // A member of which only this value works yet.
  void only(std::string_view name, std::string_view value);
  void passed_over(std::initializer_list<std::string_view> names);
  void required(std::string_view name);

  // False: schemas are noted, and nothing is there to be judged.
  bool reads() const { return schema_ == nullptr; }
  bool ok() const { return !error_; }
  void refuse(std::string_view name, std::string message);
  void refuse(Error error);
  // Absolute pointer of a member.
  std::string at(std::string_view name) const { return pointer_ + pointer_step(name); }
  // The first error; unknown members last.
  std::optional<Error> done();

 private:
  void integer64(std::string_view name, std::int64_t& out, std::int64_t min, std::int64_t max);
  std::optional<std::size_t> choose(std::string_view name, std::initializer_list<std::string_view> names,
                                    std::size_t standard);
  // Adds to the schema of a member.
  void note(std::string_view name, const OrderedJson& more) const;

  OrderedJson* schema_ = nullptr;  // null: it reads
  const Json* object_;
  std::string pointer_;
  Unknown* unknown_;
  bool passes_over_ = false;
  std::set<std::string, std::less<>> taken_;
  std::optional<Error> error_;
};

}  // namespace certes::registry
