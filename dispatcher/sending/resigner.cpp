#include "dispatcher/sending/resigner.hpp"

#include "common/event/verified.hpp"
#include "common/log/names.hpp"
#include "common/registry/schemes.hpp"

namespace certes::dispatcher {

namespace names = log::names;
using Tolerance = registry::Source::SignatureTolerance;

std::vector<signature::Header> Resigner::operator()(const log::StoredRecord& record, const registry::State& state,
                                                    UnixMillis now) const {
  const auto source = source_of(record, state);
  if (!source) return {};
  const auto at = signature::signed_at(source->verify, record);
  if (!at || now - *at <= registry::tolerance_of(source->verify) * 1'000 / 2) return {};
  const auto secret = sealer_.open(source->verify.secrets.front(), seal_context(*source));
  if (!secret) return {};  // the gateway says so, which needs it for all that come
  return signature::sign_anew(source->verify, *secret, record, now);
}

// Whose mark the record has, if that source is there, with that scheme, and wants it.
std::shared_ptr<const registry::Source> Resigner::source_of(const log::StoredRecord& record,
                                                            const registry::State& state) const {
  const std::string_view mark = record.headers.get(event::kVerified);
  const std::size_t slash = mark.find('/');
  if (slash == mark.npos) return nullptr;
  const std::string_view id = mark.substr(slash + 1);
  if (record.headers.get("ce_source") != id) return nullptr;
  auto source = state.source(record.headers.find(names::kTenant).value_or("default"), id);
  if (!source || source->verify.scheme != mark.substr(0, slash) || source->verify.secrets.empty()) return nullptr;
  const Tolerance wanted = source->signature_tolerance;
  const bool resign = wanted == Tolerance::resign || (wanted == Tolerance::unsaid && !only_where_said_);
  return resign ? source : nullptr;
}

}  // namespace certes::dispatcher
