#pragma once
// Gate: what a loop asks before it looks at a request: whether the gateway takes any now (Admission), and whether this
// caller may send more (RateLimits). Answers itself what it turns away. Who: Intake. Confined to its loop.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/http/server/server.hpp"
#include "common/registry/resources.hpp"
#include "gateway/ingest/admission.hpp"
#include "gateway/ingest/ingest_metrics.hpp"
#include "gateway/ingest/refusals.hpp"
#include "gateway/limits/rate_limits.hpp"

namespace certes::gateway::ingest {

class Gate {
 public:
  // All outlive it.
  Gate(http::Loop& loop, Admission&& admission, RateLimits& limits, IngestMetrics& metrics, Refusals& refusals);

  // True: it was answered 503 not-accepted.
  bool shut(const Admission::Waiting& waiting, http::Exchange& exchange);

  // Who sends: what is empty has no limit of its own.
  struct Sender {
    std::string_view tenant;      // for whom
    std::string_view key_tenant;  // whose the key is
    std::string_view key, source;
    const http::Request* request = nullptr;  // what is sent, to be remembered where it is refused
  };
  // True: it was answered 429. Nothing is taken, and nobody told what is left: the sender has not proved who it is.
  bool is_over_rate(const registry::StatePtr& state, const Sender& sender, http::Exchange& exchange);
  // True: it was answered 429. Else one event is taken from what the sender may, and the answer will say what is left.
  bool over_rate(const registry::StatePtr& state, const Sender& sender, http::Exchange& exchange);
  // How often what is sent has been here. Nothing: it was answered 508, or 400 where that cannot be read.
  std::optional<std::uint32_t> hops(const http::Request& request, std::string_view tenant, std::string_view source,
                                    http::Exchange& exchange);
  // The events of a batch beyond its first, of a sender that was let through.
  void take_more(const registry::StatePtr& state, const Sender& sender, std::size_t events);

 private:
  const Restraint& restraint(const registry::StatePtr& state, const Sender& sender);
  Restraint restraint_of(const registry::State& state, const Sender& sender);

  // What is turned away under load costs what serving others would: its answer and its counter are ready.
  struct Shut {
    std::string_view reason;  // of the last refusal
    int retry_after_seconds = 0;
    metrics::Counter count;
    http::Response answer;
  };

  http::Loop& loop_;
  const Admission admission_;
  Shut shut_;
  RateLimits& limits_;
  IngestMetrics& metrics_;
  Refusals& refusals_;
  registry::StatePtr state_;                                  // that the restraints are of
  std::map<std::string, Restraint, std::less<>> restraints_;  // by tenant, key and source
  std::string name_;
  const Restraint* last_ = nullptr;  // by name_
};

}  // namespace certes::gateway::ingest
