#pragma once
// NoticeSpans: which notices were said in these ten minutes already, so that what others cause again and again is not
// appended again and again only to be dropped as a repeat. Of more than it remembers some are said again. Who: who
// publishes. Pure: the time is passed in. Confined to one thread.

#include <set>
#include <string>
#include <string_view>

#include "common/event/notice.hpp"

namespace certes::event {

class NoticeSpans {
 public:
  static constexpr std::size_t kMost = 10'000;

  // Whether this is the first time. `name`: of what it tells, with its tenant.
  bool first(std::string_view name, UnixMillis at) {
    const UnixMillis span = at / kNoticeSpan.count();
    if (span != span_ || said_.size() >= kMost) said_.clear();
    span_ = span;
    return said_.emplace(name).second;
  }

 private:
  UnixMillis span_ = 0;
  std::set<std::string, std::less<>> said_;
};

}  // namespace certes::event
