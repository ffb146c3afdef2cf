#include "dispatcher/book/ending.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/overloaded.hpp"

namespace certes::dispatcher {
namespace {

// By the variant's alternatives.
constexpr std::array<std::string_view, kEndings> kTexts = {"delivered", "retry", "awaiting", "dead_lettered",
                                                           "cancelled"};
static_assert(!kTexts.back().empty(), "an ending has no text");

template <std::size_t... Index>
Ending at(std::size_t index, std::index_sequence<Index...>) {
  Ending found;
  ((Index == index ? static_cast<void>(found.emplace<Index>()) : void()), ...);
  return found;
}

}  // namespace

std::string_view text_of(const Ending& ending) { return kTexts[ending.index()]; }

Ending ending_at(std::size_t index) { return at(index, std::make_index_sequence<kEndings>()); }

std::optional<Ending> parse_ending(std::string_view text, UnixMillis next_at) {
  const auto known = std::ranges::find(kTexts, text);
  if (known == kTexts.end()) return std::nullopt;
  Ending ending = ending_at(static_cast<std::size_t>(known - kTexts.begin()));
  std::visit(Overloaded{[](Delivered&) {}, [&](RetryAt& retry) { retry.at = next_at; },
                        [&](Awaiting& awaiting) { awaiting.until = next_at; }, [](DeadLettered&) {}, [](Cancelled&) {}},
             ending);
  return ending;
}

UnixMillis next_of(const Ending& ending) {
  return std::visit(
      Overloaded{[](const Delivered&) { return UnixMillis{0}; }, [](const RetryAt& retry) { return retry.at; },
                 [](const Awaiting& awaiting) { return awaiting.until; },
                 [](const DeadLettered&) { return UnixMillis{0}; }, [](const Cancelled&) { return UnixMillis{0}; }},
      ending);
}

bool is_last(const Ending& ending) {
  return std::visit(Overloaded{[](const Delivered&) { return true; }, [](const RetryAt&) { return false; },
                               [](const Awaiting&) { return false; }, [](const DeadLettered&) { return true; },
                               [](const Cancelled&) { return true; }},
                    ending);
}

}  // namespace certes::dispatcher
