#include "dispatcher/routing/sieve.hpp"

#include "common/registry/filtering.hpp"

namespace certes::dispatcher {
namespace {

Match decided_by(const Choice& choice, const Match& match, std::string failure) {
  return {match.key, match.endpoint, choice.priority, choice.policy, match.choices, std::move(failure)};
}

}  // namespace

std::optional<Match> Sieve::through(const Match& match) {
  using Takes = registry::Filtered::Takes;
  if (!event_) event_.emplace(record_, view_, document_);
  std::optional<Match> letter;
  for (const Choice& choice : *match.choices) {
    const auto said = registry::filtered(choice.filter.get(), choice.on_filter_error, *event_);
    if (!said.failure.empty())
      failed_.push_back({match.endpoint->tenant, choice.subscription, choice.on_filter_error, said.failure});
    if (said.takes == Takes::yes) return decided_by(choice, match, {});
    if (said.takes == Takes::dead_letter && !letter)
      letter = decided_by(choice, match, "the filter of " + choice.subscription + ": " + said.failure);
  }
  return letter;
}

}  // namespace certes::dispatcher
