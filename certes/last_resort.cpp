#include "certes/last_resort.hpp"

#include <cstdlib>

#include "certes/logging.hpp"

namespace certes {
namespace {

constexpr Millis kLastMoment{2'000};

}  // namespace

LastResort::LastResort(Signals& signals, Millis drain)
    : signals_(signals), until_(std::chrono::steady_clock::now() + drain + kLastMoment) {
  thread_ = std::thread([this] {
    while (!done_) {
      const auto left = std::chrono::ceil<Millis>(until_ - std::chrono::steady_clock::now());
      if (left <= Millis{0}) {
        logging::warn("not stopped two seconds after drain_seconds: ending at once");
        std::_Exit(1);
      }
      if (signals_.wait(left) == Signals::Event::signal) end_now();
    }
  });
}

void LastResort::end_now() {
  logging::warn("a second signal: ending at once");
  std::_Exit(1);
}

LastResort::~LastResort() {
  done_ = true;
  signals_.wake();
  thread_.join();
}

}  // namespace certes
