#pragma once
// Reprocess: the work of the job that Certes has by itself while some back-off policy says `reprocess`: dead letters
// that have waited for as long as their policy says are sent again, each as often as it says, the policy's as it stands
// now. It has no end. It goes along those that the index has as waiting, tenant by tenant, at most kOfEndpoint of an
// endpoint in one walk, and begins anew once the index knows what was sent, and something may be due. Who: Runner.

#include <string>
#include <vector>

#include "api/history/letters.hpp"
#include "api/jobs/work.hpp"
#include "common/base/line_limit.hpp"

namespace certes::api::jobs {

class Reprocess final : public Work {
 public:
  static constexpr std::size_t kOfEndpoint = 1'000;

  // Precondition: there is a history. Both outlive it.
  Reprocess(Services& services, Payloads& payloads) : services_(services), payloads_(payloads) {}

  Result<bool> count(registry::JobProgress& progress) override;
  Result<bool> go_on(registry::JobProgress& progress, std::int64_t most) override;
  Millis rest() const override { return rest_; }

 private:
  // What is due of one tenant, and where the walk is behind it; over: there is nothing behind it.
  struct Found {
    std::vector<history::LetterRow> due;
    history::WaitingPlace behind;
    bool over = false;
  };
  struct Moment {
    registry::StatePtr state;
    UnixMillis from, now;  // dead letters that are older than the first are left alone
  };
  Result<Found> walk(const Moment& moment, std::size_t most);
  Millis rest_behind(const Moment& moment) const;
  bool look_at(const history::LetterRow& letter, const Moment& moment, Found& found);
  Result<void> send(const std::vector<history::LetterRow>& due, registry::JobProgress& progress);

  Services& services_;
  Payloads& payloads_;
  history::WaitingPlace behind_;
  std::size_t of_endpoint_ = 0;  // that were sent of the endpoint where the walk is
  UnixMillis sent_at_ = 0;       // the last time that something was
  UnixMillis next_due_ = 0;      // of what was met in this walk and is not due; 0: nothing was
  Millis rest_{0};
  LineLimit told_;
};

// The only job of that kind: the default tenant's, by this id.
inline constexpr std::string_view kReprocessJob = "reprocess";

}  // namespace certes::api::jobs
