#include <doctest/doctest.h>

#include <semaphore>

#include "dispatcher/ownership/trimmer.hpp"

namespace certes::dispatcher {
namespace {

TEST_CASE("Trimmer: runs jobs in order on its own thread") {
  std::vector<int> ran;
  std::binary_semaphore done{0};
  const auto caller = std::this_thread::get_id();
  bool elsewhere = true;
  Trimmer trimmer;
  for (int i = 0; i < 5; ++i)
    trimmer.run([&, i] {
      elsewhere = elsewhere && std::this_thread::get_id() != caller;
      ran.push_back(i);
      if (i == 4) done.release();
    });
  REQUIRE(done.try_acquire_for(std::chrono::seconds(60)));
  CHECK(ran == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(elsewhere);
}

TEST_CASE("Trimmer: its end waits for the job that runs") {
  std::binary_semaphore started{0};
  std::binary_semaphore go_on{0};
  bool finished = false;
  {
    Trimmer trimmer;
    trimmer.run([&] {
      started.release();
      finished = go_on.try_acquire_for(std::chrono::seconds(60));
    });
    REQUIRE(started.try_acquire_for(std::chrono::seconds(60)));
    go_on.release();
  }
  CHECK(finished);
}

}  // namespace
}  // namespace certes::dispatcher
