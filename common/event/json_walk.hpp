#pragma once
// json_walk: shows a JsonDocument's text value by value, each with its bytes as they were written. The text is gone
// through once, whatever is looked at. Who: transformations. Confined to one thread, as the document.

#include <cstdint>
#include <string_view>

#include "common/event/json_document.hpp"

namespace certes::event {

// What is no object and no array.
struct JsonScalar {
  enum class Kind : std::uint8_t { null, boolean, integer, real, text };
  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t integer = 0;    // of numbers without fraction and exponent that it can hold
  double real = 0;             // of all other numbers
  std::string_view text = {};  // unescaped; stays while the document holds it
};

class JsonVisitor {
 public:
  enum class Next : std::uint8_t { into, over, stop };

  virtual ~JsonVisitor() = default;
  // Before a value within an object or an array. over: it is passed over; stop: so is all that is left.
  virtual Next member(std::string_view name) = 0;
  virtual Next item() = 0;
  // False: the walk ends.
  virtual bool scalar(const JsonScalar& value, std::string_view written) = 0;
  virtual bool begin(bool object) = 0;
  virtual bool end(std::string_view written) = 0;
};

// Of what was parsed last. False: the visitor has ended it. Recurses as deep as the text is (kMaxJsonDepth).
bool walk(JsonDocument& document, JsonVisitor& visitor);

}  // namespace certes::event
