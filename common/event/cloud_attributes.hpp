#pragma once
// Inside common/event only: CloudEvents attributes by name, for the structured and the binary form.

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/event/event.hpp"

namespace certes::event {

// Collects the attributes of one event. `place` in errors: whatever the form calls the attribute's place.
class CloudAttributes {
 public:
  explicit CloudAttributes(Event& event) : event_(event) {}
  Result<void> set(std::string_view name, std::string_view value, const std::string& place);
  // Once all have come. The name of a required attribute that never came; empty: all are there.
  std::string_view finish();

 private:
  Event& event_;
  unsigned seen_ = 0;
};

}  // namespace certes::event
