#pragma once
// Informant: what this dispatcher answers to questions (common/questions) of its installation's processes: a row of a
// table for each kind it knows. It speaks for the partitions that it has at the moment. Who: core. Confined to the core
// loop; costs what the row says.

#include <functional>
#include <optional>
#include <utility>

#include "common/questions/question.hpp"
#include "dispatcher/answering/tallies.hpp"
#include "dispatcher/book/book.hpp"
#include "dispatcher/endpoint/endpoints.hpp"
#include "dispatcher/loading/backlogs.hpp"
#include "dispatcher/routing/routes.hpp"

namespace certes::dispatcher {

class Informant {
 public:
  // What answers are made of. All outlive it.
  struct Parts {
    Book& book;
    Backlogs& backlogs;
    const Endpoints& endpoints;
    const Routes& routes;
    Scheduler& scheduler;
    const Outcomes& outcomes;
    const Tallies& tallies;
    const Clock& clock;
    UnixMillis started;             // when the process did
    std::function<bool()> is_full;  // nothing is read, as the index of what is open is as large as may be
  };
  explicit Informant(Parts parts) : parts_(std::move(parts)) {}

  // `from` is left out. Nothing: it knows no question of that kind.
  std::optional<questions::Answer> answer(const questions::Question& question);

 private:
  const Parts parts_;
};

// The rows. Each gives the value of an answer, as JSON.

// O(lanes of the endpoint and partitions, and what is out of them); into the index a bounded number of looks for each.
std::string endpoint_stats(const Informant::Parts& parts, const questions::Question& question);

// O(a thousand looks into the index for each place, and the endpoint's lanes).
std::string delivery_standing(const Informant::Parts& parts, const questions::Question& question);

// O(lanes of which something is open, in all partitions, and what is out of them).
std::string overview(const Informant::Parts& parts, const questions::Question& question);

// How an endpoint stands here. Who: both that say so.
questions::Standing standing_of(const Endpoint& endpoint);

}  // namespace certes::dispatcher
