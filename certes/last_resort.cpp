#include "certes/last_resort.hpp"

#include <cstdlib>

#include "certes/logging.hpp"

namespace certes {

LastResort::LastResort(Signals& signals) : signals_(signals) {
  thread_ = std::thread([this] {
    while (!done_)
      if (signals_.wait() == Signals::Event::signal) end_now();
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
