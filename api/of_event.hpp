#pragma once
// OfEvent: a request about one event that its path names, found in this process's history; and how what goes by the
// history answers where there is none, where it is not ready, and how far it goes. Who: the routes of events. On a
// worker; blocks on the index.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.hpp"
#include "api/event_json.hpp"
#include "api/history/history.hpp"
#include "api/steps.hpp"

namespace certes::api {

// How far the index goes, as members of an answer, a comma before each.
std::string reach_of(const history::History& history);
// To an answer that is a JSON object.
void add_members(http::Response& response, const std::string& members);

http::Response not_indexed(const history::History& history, std::string_view what);
http::Response not_ready(const Error& error);
// The answer of a process that keeps no history, to a lengthy request.
std::unique_ptr<http::Steps> no_history();

class OfEvent : public LongSteps {
 public:
  // Precondition: there is a history.
  OfEvent(const Call& call, Services& services)
      : services_(services), history_(*services.history), tenant_(call.tenant), id_(call.path("id").value_or("")) {}

  std::size_t held() const override { return 0; }

 protected:
  using Answer = std::optional<http::Response>;
  struct Found {
    std::vector<history::EventRow> records;  // its own first, where that is known; then its repeats
    std::vector<ShownDelivery> deliveries;   // the tenant's
  };
  // Once it is found; as go_on.
  virtual Result<Answer> answer(const Found& found, SteadyTime until) = 0;
  // Of `events`, as it was indexed: null, as the log has let go of it. The response: what is said instead.
  struct Read {
    log::RecordPtr record;
    std::optional<http::Response> instead;
  };
  Result<Read> read(const history::EventRow& event);

  Services& services_;
  history::History& history_;
  const std::string tenant_, id_;

 private:
  Result<Answer> go_on(SteadyTime until) override;
  Found find(history::Lookup& lookup) const;

  std::optional<Found> found_;
};

}  // namespace certes::api
