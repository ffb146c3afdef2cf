#include "api/history/lookups.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::history;

TEST_CASE("Lookups: none before the index is there, and none while it is made anew") {
  test::TemporaryDirectory directory;
  const std::string path = directory.file("history.db");
  {
    Connection connection(path);
    REQUIRE(make_or_check(connection));
  }
  Lookups all;
  CHECK_FALSE(all.take());
  all.let_in(path);
  auto lease = all.take();
  REQUIRE(lease);
  CHECK((*lease)->records_of("default", "evt_1").empty());
  std::atomic<bool> held{false};
  std::thread writer([&] {
    all.hold_off();
    held = true;
  });
  CHECK(fakes::eventually([&] { return !all.take(); }));
  CHECK_FALSE(held);
  lease.reset();
  CHECK(fakes::eventually([&] { return held.load(); }));
  writer.join();
  all.let_in(path);
  CHECK(all.take());
}

TEST_CASE("Lookups: a file that cannot be looked into holds nobody up") {
  test::TemporaryDirectory directory;
  Lookups all;
  all.let_in(directory.file("none/history.db"));
  CHECK_THROWS_AS((void)all.take(), Failure);
  all.hold_off();
}
