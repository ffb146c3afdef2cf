#include "dispatcher/routing/sieve.hpp"

#include "common/registry/filtering.hpp"

namespace certes::dispatcher {
namespace {

Match decided_by(const Choice& choice, const Match& match, std::string failure) {
  return {match.key,     match.endpoint,   choice.priority,   choice.policy,
          match.choices, choice.transform, std::move(failure)};
}

}  // namespace

std::optional<Match> Sieve::through(const Match& match) {
  using Takes = registry::Filtered::Takes;
  if (!event_) event_.emplace(record_, view_, document_);
  std::optional<Match> letter;
  for (const Choice& choice : *match.choices) {
    const auto said = registry::filtered(choice.filter.get(), choice.on_filter_error, *event_);
    if (health_ && choice.filter) health_->asked(choice.filter.get(), record_.appended_at);
    if (!said.failure.empty()) {
      const bool is_failing = health_ && health_->failed(choice.filter.get());
      failed_.push_back({match.endpoint->tenant, match.endpoint->id, choice.subscription, choice.on_filter_error,
                         said.failure, is_failing});
    }
    if (said.takes == Takes::yes) return decided_by(choice, match, {});
    if (said.takes == Takes::dead_letter && !letter)
      letter = decided_by(choice, match, "the filter of " + choice.subscription + ": " + said.failure);
  }
  return letter;
}

}  // namespace certes::dispatcher
