#pragma once
// Picked: what stands in an event where a projection's pointers say. Inside common/transform only. Confined to one
// thread.

#include <string>
#include <string_view>
#include <vector>

#include "common/event/json_walk.hpp"
#include "common/transform/transform.hpp"

namespace certes::transform {

struct PickedValue {
  enum class State : std::uint8_t { missing, found, twice };
  State state = State::missing;
  std::string_view written = {};  // the bytes of JSON; empty: it is a text that has none
  std::string_view text = {};
  bool is_text = false;  // `text` is what it says
};

class Picked {
 public:
  // The payload is parsed, and gone through, where a pointer leads into it.
  Picked(const Projection& projection, const Source& source);
  const PickedValue& operator[](std::uint32_t pointer) const { return values_[pointer]; }

 private:
  void pick(const Pointer& pointer, PickedValue& into);
  void pick_query(const std::string& name, PickedValue& into);

  const Source& source_;
  std::string form_;
  std::optional<std::vector<std::pair<std::string, std::string>>> query_;
  std::vector<PickedValue> values_;
};

}  // namespace certes::transform
