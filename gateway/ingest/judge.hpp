#pragma once
// Judge: what is to be said of a request to publish or of a webhook, whose sender may send at all: whether its
// signature holds, what events it is, whether they may come. The same on a loop and on a thread for heavy work; what
// follows from it (answers, counters, rates, ids, the log) is the loop's. Who: Intake. Immutable; any thread, with a
// Workplace of its own.

#include <chrono>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "common/event/read_request.hpp"
#include "common/http/server/server.hpp"
#include "common/registry/registry.hpp"
#include "gateway/access/caller.hpp"
#include "gateway/access/dependencies.hpp"
#include "gateway/ingest/owned_request.hpp"
#include "gateway/ingest/workplace.hpp"
#include "gateway/webhook/prepared_source.hpp"

namespace certes::gateway::ingest {

// What is judged. Views: of a request in its connection's buffer, or of a Case.
struct Matter {
  const http::Request* request = nullptr;
  registry::StatePtr state;
  std::string_view tenant;
  UnixMillis now = 0;
  const Caller* caller = nullptr;                // of what is published; of a webhook none
  event::Form form = event::Form::none;          // the same
  std::shared_ptr<const PreparedSource> source;  // of a webhook; of what is published none
  std::uint32_t hops = 0;                        // of what is published; a webhook's are read once it has verified
};

// A Matter that outlives its request's handler.
class Case {
 public:
  explicit Case(const Matter& matter);
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;
  const Matter& matter() const { return matter_; }
  std::size_t bytes() const { return request_.bytes(); }

 private:
  OwnedRequest request_;
  std::string tenant_;
  Caller caller_;
  Matter matter_;
};

struct NotVerified {
  Error error;  // unauthenticated
  verify::Effort cost;
};
struct Refused {
  Error error;
};
struct Answered {
  http::Response response;  // a challenge's
};
struct BreaksSchema {
  std::vector<http::Fault> faults;  // never empty
};
struct Misfit {
  std::vector<http::Fault> faults;  // never empty: what of a webhook was made to fit
};
struct Good {};
struct Exhausted {};  // more to do than a loop may: to be judged again, with time

struct Judgement {
  std::variant<Good, NotVerified, Refused, Answered, BreaksSchema, Misfit, Exhausted> verdict;
  event::Incoming incoming;  // of what is good, is no fit, or breaks a schema
};

enum class Pace : std::uint8_t {
  quick,  // on a loop
  whole,
};

class Judge {
 public:
  explicit Judge(std::size_t max_batch_events) : max_batch_events_(max_batch_events) {}

  // At most what it takes, but for schemas: above kLongest it is not for a loop.
  std::chrono::microseconds effort(const Matter& matter) const;
  static constexpr std::chrono::microseconds kLongest = verify::kLongestOnLoop;

  Judgement operator()(const Matter& matter, Workplace& place, Pace pace) const;

 private:
  Judgement webhook(const Matter& matter, Workplace& place, Pace pace) const;
  Judgement published(const Matter& matter, Workplace& place, Pace pace) const;

  const std::size_t max_batch_events_;
};

}  // namespace certes::gateway::ingest
