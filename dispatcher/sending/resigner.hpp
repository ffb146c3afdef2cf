#pragma once
// Resigner: whether the provider's signature on a webhook is made anew for an attempt, and how. Never for anything but
// what a gateway has verified and marked, as it came: else Certes would sign for the provider what anybody sends
// (docs/security.md). Who: core. Confined to its loop.

#include <vector>

#include "common/crypto/crypto.hpp"
#include "common/registry/resources.hpp"
#include "common/signature/anew.hpp"

namespace certes::dispatcher {

class Resigner {
 public:
  // `only_where_said`: others may write to the log, so that a mark there proves nothing: only for sources that say so.
  // `sealer` outlives it.
  Resigner(const crypto::Sealer& sealer, bool only_where_said) : sealer_(sealer), only_where_said_(only_where_said) {}

  // Headers that stand in place of those that were forwarded, where the attempt is later than half the tolerance of the
  // source after the signature. Empty: it goes out as it came.
  std::vector<signature::Header> operator()(const log::StoredRecord& record, const registry::State& state,
                                            UnixMillis now) const;

 private:
  std::shared_ptr<const registry::Source> source_of(const log::StoredRecord& record,
                                                    const registry::State& state) const;

  const crypto::Sealer& sealer_;
  const bool only_where_said_;
};

}  // namespace certes::dispatcher
