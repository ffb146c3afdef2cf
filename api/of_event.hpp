#pragma once
// OfEvent: what is done with the records of an event that a path names, found in this process's history: its own, and
// those that repeat it for single endpoints or by a job. Who: the routes of events. On a worker; blocks on the index
// and the log.

#include <optional>
#include <string>
#include <vector>

#include "api/call.hpp"
#include "api/event_json.hpp"
#include "api/history/history.hpp"
#include "api/steps.hpp"

namespace certes::api {

class OfEvent : public LongSteps {
 public:
  // Precondition: there is a history.
  OfEvent(const Call& call, Services& services) : OfEvent(call, services, call.path("id").value_or("")) {}
  // Of one that the body names.
  OfEvent(const Call& call, Services& services, std::string id)
      : services_(services), history_(*services.history), tenant_(call.tenant), id_(std::move(id)) {}

  std::size_t held() const override { return 0; }

 protected:
  using Answer = std::optional<http::Response>;
  struct Found {
    std::vector<history::EventRow> records;  // never empty; the first is its own, where that is known
    std::vector<ShownDelivery> deliveries;   // the tenant's
  };
  // Once it is found; as go_on.
  virtual Result<Answer> answer(const Found& found, SteadyTime until) = 0;
  // Its record as it stands on the log; null: it is there no more. An answer: the index is of another log.
  struct Read {
    log::RecordPtr record;
    Answer instead;
  };
  Result<Read> read(const history::EventRow& event);

  Services& services_;
  history::History& history_;
  const std::string tenant_, id_;

 private:
  Result<Answer> go_on(SteadyTime until) final;
  Found find(history::Lookup& lookup) const;

  std::optional<Found> found_;
};

}  // namespace certes::api
