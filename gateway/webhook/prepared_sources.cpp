#include "gateway/webhook/prepared_sources.hpp"

namespace certes::gateway::ingest {

Result<std::shared_ptr<const PreparedSource>> PreparedSources::find(const registry::State& state,
                                                                    std::string_view tenant, std::string_view id) {
  const auto source = state.source(tenant, id);
  if (!source) return fail(Code::not_found, "there is no source " + std::string(id));
  std::string key(tenant);
  key.append(1, '/').append(id);
  const auto found = sources_.find(key);
  if (found != sources_.end() && found->second->version() == source) return found->second;
  auto made = PreparedSource::make(source, sealer_, clients_, most_unpacked_);
  if (!made) return fail(std::move(made.error()));
  auto ready = std::make_shared<const PreparedSource>(std::move(*made));
  sources_.insert_or_assign(std::move(key), ready);
  return ready;
}

void PreparedSources::follow(const registry::StatePtr& state) {
  if (state != state_) {
    state_ = state;
    next_.clear();
    swept_ = false;
  }
  if (swept_) return;
  auto at = sources_.lower_bound(next_);
  for (int looked = 0; looked < kLookedAt && at != sources_.end(); ++looked) {
    const auto& version = at->second->version();
    at = state->source(version->tenant, version->id) == version ? std::next(at) : sources_.erase(at);
  }
  swept_ = at == sources_.end();
  if (!swept_) next_ = at->first;
}

}  // namespace certes::gateway::ingest
