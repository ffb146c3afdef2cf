#include "common/registry/built_in.hpp"

#include <algorithm>

#include "common/event/notice.hpp"
#include "common/registry/kinds.hpp"

namespace certes::registry {

const std::vector<std::shared_ptr<const EventType>>& built_in_types() {
  static const auto types = [] {
    std::vector<std::shared_ptr<const EventType>> made;
    for (std::size_t i = 0; i < event::kNoticeKinds; ++i) {
      auto type = std::make_shared<EventType>();
      type->id = type_of(event::notice_kind_at(i));
      type->schema = notice_schema(event::notice_kind_at(i));
      type->built_in = true;
      made.push_back(std::move(type));
    }
    return made;
  }();
  return types;
}

bool is_built_in(std::string_view tenant, std::string_view kind, std::string_view id) {
  return tenant == kDefaultTenant && kind == Kind<EventType>::name &&
         std::ranges::any_of(built_in_types(), [id](const auto& type) { return type->id == id; });
}

}  // namespace certes::registry
