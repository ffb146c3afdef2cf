#include "common/base/mailbox.hpp"

#include <doctest/doctest.h>

#include <semaphore>
#include <thread>

using certes::Mailbox;

TEST_CASE("Mailbox: everything posted by several threads arrives, in each sender's order") {
  std::counting_semaphore<1'000'000> wakes(0);
  Mailbox<std::pair<int, int>> box([&] { wakes.release(); });
  constexpr int kSenders = 3;
  constexpr int kEach = 20'000;
  std::vector<std::thread> senders;
  for (int s = 0; s < kSenders; ++s)
    senders.emplace_back([&box, s] {
      for (int i = 0; i < kEach; ++i) box.post({s, i});
    });
  std::vector<int> next(kSenders, 0);
  std::vector<std::pair<int, int>> got;
  for (int total = 0; total < kSenders * kEach;) {
    wakes.acquire();
    got.clear();
    box.drain(got, 100);
    for (const auto& [sender, value] : got) {
      REQUIRE(value == next[static_cast<std::size_t>(sender)]);
      ++next[static_cast<std::size_t>(sender)];
      ++total;
    }
  }
  for (auto& sender : senders) sender.join();
}
