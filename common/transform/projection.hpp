#pragma once
// Projection: a pattern of what is sent, with pointers into the event. Inside common/transform only; a Program's.
// Immutable once made; any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace certes::transform {

// Where a value stands in the event: "/data/customer/country", "/event/type".
enum class From : std::uint8_t { data, event, headers, query, payload };

struct Pointer {
  std::string text = {};  // as it was written
  From from = From::data;
  std::vector<std::string> steps = {};  // behind the root
};

// Text with values in it: "Order ${/data/id}".
struct Piece {
  std::string text = {};                      // before the value
  std::optional<std::uint32_t> pointer = {};  // none: the last piece
  std::optional<std::string> otherwise = {};  // where nothing stands there
};
using TemplateText = std::vector<Piece>;

struct Pattern {
  // written: JSON as it stands. value: all of a string is one pointer, and what stands there is taken as it is.
  enum class Kind : std::uint8_t { written, value, text, array, object };
  Kind kind = Kind::written;
  std::string written = {};
  TemplateText text = {};
  std::vector<std::pair<std::string, Pattern>> members = {};  // of an object with names as JSON, of an array without
};

// The pointers into the payload as a tree of their steps, so that it is gone through once for all of them.
struct Steps {
  std::map<std::string, Steps, std::less<>> next;
  std::optional<std::uint32_t> pointer;  // that ends here
};

struct HeaderPattern {
  std::string name;
  std::optional<TemplateText> value;  // none: it is taken away
};

struct Projection {
  std::vector<Pointer> pointers;
  Steps data;  // of those into the payload
  std::optional<Pattern> body;
  std::vector<HeaderPattern> headers;
};

}  // namespace certes::transform
