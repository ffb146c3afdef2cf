#pragma once
// Notices: the events about Certes that a dispatcher publishes, where somebody subscribes to them. Nothing waits for
// one: what the log does not take, or has not taken when its partition goes, is counted as lost. None is made of the
// dead letter of another. Who: recorder, endpoints, core. Confined to the core loop.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/ids.hpp"
#include "common/event/notice.hpp"
#include "common/event/notice_spans.hpp"
#include "dispatcher/endpoint/endpoint.hpp"
#include "dispatcher/notices/log_time.hpp"
#include "dispatcher/ports.hpp"
#include "dispatcher/routing/routes.hpp"

namespace certes::dispatcher {

class Notices {
 public:
  // On their way to the log at once; more are lost.
  static constexpr std::size_t kMostOut = 10'000;
  // An endpoint is failing once it has done nothing else for so long.
  static constexpr Millis kFailingAfter{60'000};

  // All outlive it.
  Notices(Routes& routes, Outcomes& outcomes, Observer& observer, const Clock& clock, std::uint64_t seed);
  ~Notices();
  Notices(const Notices&) = delete;
  Notices& operator=(const Notices&) = delete;

  // Of a record that was read.
  void read(UnixMillis appended_at) { log_time_.read(appended_at); }

  // A delivery ends as a dead letter, whose record is about to be appended.
  struct Letter {
    std::string_view delivery, rule, error;
    int status = 0;
  };
  void dead_lettered(const Delivery& delivery, const Letter& letter);
  // And it was sent again as often as it may be by itself.
  void exhausted(const Delivery& delivery, const Letter& letter, std::uint32_t replays);
  // An attempt has ended, and says something of its endpoint; `failing_since` as it was before.
  struct Judged {
    Sign sign = Sign::none;
    UnixMillis failing_since = 0;
    std::string_view error;
    int status = 0;
  };
  void attempted(Endpoint& endpoint, const Judged& judged);
  // The filter of a subscription fails on many of the events that it is asked about, this one last.
  void filter_failing(const FailedFilter& failed, const log::StoredRecord& record, const event::EventView& view);
  void breaker_opened(const registry::Endpoint& endpoint);
  void breaker_closed(const registry::Endpoint& endpoint);
  // What has changed between two States.
  void states(const registry::State& was, const registry::State& is);
  // Of a partition of `events`. Whoever subscribes: the registry may not be known yet.
  void log_lost(std::int32_t partition, std::int64_t records);

 private:
  class OnItsWay;
  // What is out may outlive this.
  struct Out {
    std::size_t count = 0;
    Observer* observer = nullptr;  // null: nobody counts any more
  };

  void endpoint_changed(const registry::Endpoint* was, const registry::Endpoint& is);
  void changed(const registry::Endpoint& endpoint, event::NoticeKind kind, UnixMillis at, std::string_view rule);
  void tell_letter(event::Notice notice, const Delivery& delivery, const Letter& letter);
  void say(const event::Notice& notice);  // once in ten minutes
  bool wanted(const event::Notice& notice);
  void publish(const event::Notice& notice, std::string_view once);
  template <class Append>
  void send(Append append);

  Routes& routes_;
  Outcomes& outcomes_;
  Observer& observer_;
  const Clock& clock_;
  LogTime log_time_;
  event::NoticeSpans said_;
  IdGenerator ids_;
  std::shared_ptr<Out> out_ = std::make_shared<Out>();
};

}  // namespace certes::dispatcher
