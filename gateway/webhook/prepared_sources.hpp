#pragma once
// PreparedSources: the sources that a loop has made ready, by tenant and id, at most one version of each. What is
// deleted or has changed is let go of, with its opened secrets: a few are looked at with every request that follows a
// change of the registry. Who: Intake. Confined to its loop.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/webhook/prepared_source.hpp"

namespace certes::gateway::ingest {

class PreparedSources {
 public:
  // Both outlive it. `most_unpacked`: as PreparedSource::make.
  PreparedSources(const crypto::Sealer& sealer, const Clients& clients, std::size_t most_unpacked)
      : sealer_(sealer), clients_(clients), most_unpacked_(most_unpacked) {}

  // Errors: not_found; internal, as PreparedSource::make.
  Result<std::shared_ptr<const PreparedSource>> find(const registry::State& state, std::string_view tenant,
                                                     std::string_view id);
  // To be called with the state of each request; cheap while it is the same.
  void follow(const registry::StatePtr& state);
  std::size_t size() const { return sources_.size(); }

 private:
  static constexpr int kLookedAt = 16;  // with one request

  const crypto::Sealer& sealer_;
  const Clients& clients_;
  const std::size_t most_unpacked_;
  std::map<std::string, std::shared_ptr<const PreparedSource>, std::less<>> sources_;  // by tenant/id
  registry::StatePtr state_;                                                           // that those before next_ are of
  std::string next_;  // the first that was not looked at since; empty with swept_: none
  bool swept_ = true;
};

}  // namespace certes::gateway::ingest
