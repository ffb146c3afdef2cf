#pragma once
// Ways: from which place a delivery may come to which, and why. The book asserts that it keeps to them;
// docs/architecture.md has the picture that is made of them (tests/dispatcher/book/ways_test.cpp). Who: book, tests.
// Pure; any thread.

#include <array>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <variant>

#include "dispatcher/book/delivery.hpp"

namespace certes::dispatcher {

inline constexpr std::size_t kPlaces = std::variant_size_v<DeliveryPlace>;
inline constexpr std::array<std::string_view, kPlaces> kPlaceNames = {
    "Unplaced", "Queued",         "Held",      "InWheel",   "BehindKey", "AwaitingResult",
    "Sending",  "BetweenWorkers", "Answering", "Recording", "Forgotten"};
static_assert(!kPlaceNames.back().empty(), "a place has no name");

template <class Place, std::size_t Index = 0>
constexpr std::size_t index_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<Index, DeliveryPlace>, Place>)
    return Index;
  else
    return index_of<Place, Index + 1>();
}

struct Way {
  std::size_t from, to;
  std::string_view why;
};
template <class From, class To>
constexpr Way way(std::string_view why) {
  return {index_of<From>(), index_of<To>(), why};
}

inline constexpr std::array kWays = {
    way<Unplaced, Queued>("it comes into memory"),
    way<Unplaced, InWheel>("the same: an attempt is due later"),
    way<Unplaced, BehindKey>("the same: another of its key has not ended"),
    way<Unplaced, AwaitingResult>("the same: it was taken (202)"),
    way<Unplaced, Recording>("malformed, doomed, or its dead letter is due"),
    way<Unplaced, Answering>("the same, of a command; or nobody takes it"),
    way<Queued, Sending>("its turn"),
    way<Queued, Queued>("its key stands at a higher class now"),
    way<Queued, Held>("its turn, and its partition may not act"),
    way<Queued, Recording>("not matched any more, or doomed"),
    way<Queued, Answering>("the same, of a command"),
    way<Held, Queued>("its partition may act, its endpoint has rested"),
    way<Held, Recording>("doomed, or its result has come"),
    way<Held, Answering>("doomed, a command"),
    way<InWheel, Queued>("due"),
    way<InWheel, BehindKey>("due, and another of its key has not ended"),
    way<BehindKey, Queued>("its key's turn"),
    way<BehindKey, Recording>("doomed, or its result has come"),
    way<BehindKey, Answering>("doomed, a command"),
    way<InWheel, Recording>("doomed, or its result has come"),
    way<InWheel, Answering>("doomed, a command"),
    way<AwaitingResult, Recording>("its result has come"),
    way<AwaitingResult, Answering>("no result came in time"),
    way<Sending, Recording>("answered, or failed"),
    way<Sending, Answering>("the same, of a command that ends by it"),
    way<Sending, Queued>("broken off"),
    way<Sending, BehindKey>("the same, and its order has become another"),
    way<Sending, Held>("given back: its endpoint rests"),
    way<Sending, InWheel>("given back, to a URL of its own"),
    way<Sending, Forgotten>("its partition is lost"),
    way<Sending, BetweenWorkers>("a worker is not reached, and no other has room"),
    way<BetweenWorkers, Sending>("one has"),
    way<BetweenWorkers, Recording>("no other is left"),
    way<BetweenWorkers, Answering>("the same, of a command that ends by it"),
    way<BetweenWorkers, Queued>("broken off"),
    way<BetweenWorkers, BehindKey>("the same, and its order has become another"),
    way<BetweenWorkers, Held>("given back: its endpoint rests"),
    way<Answering, Recording>("its result is on the log"),
    way<Recording, InWheel>("another attempt is due"),
    way<Recording, AwaitingResult>("taken (202)"),
    way<Recording, Recording>("its result came meanwhile"),
};

constexpr bool is_way(std::size_t from, std::size_t to) {
  for (const Way& one : kWays)
    if (one.from == from && one.to == to) return true;
  return false;
}

}  // namespace certes::dispatcher
