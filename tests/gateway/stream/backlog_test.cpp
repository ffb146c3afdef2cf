#include "gateway/stream/backlog.hpp"

#include <doctest/doctest.h>

using namespace certes::gateway::stream;

namespace {

Text text(std::string_view bytes) { return std::make_shared<const std::string>(bytes); }

std::string taken(Backlog& backlog, std::size_t most) {
  std::string out;
  backlog.take(out, most);
  return out;
}

}  // namespace

TEST_CASE("Backlog: what was pushed comes out in order, in slices of any size") {
  for (std::size_t slice = 1; slice < 40; ++slice) {
    Backlog backlog;
    backlog.push(text("id: 1\n"), text("data: one\n\n"));
    backlog.push(nullptr, text("data: two\n\n"));
    backlog.push(text("id: 2\n"), nullptr);
    const std::string all = "id: 1\ndata: one\n\ndata: two\n\nid: 2\n\n";
    CHECK(backlog.bytes() == all.size());
    std::string out;
    while (!backlog.empty()) {
      const std::string next = taken(backlog, slice);
      CHECK(next.size() <= slice);
      out += next;
      CHECK(backlog.bytes() == all.size() - out.size());
    }
    CHECK(out == all);
    CHECK(backlog.own_bytes() == 0);
  }
}

TEST_CASE("Backlog: shared texts are not its own") {
  Backlog backlog;
  const Text large = text(std::string(1'000'000, 'x'));
  for (int i = 0; i < 10; ++i) backlog.push(nullptr, large);
  CHECK(backlog.bytes() == 10'000'000);
  CHECK(backlog.own_bytes() < 1'000);
  taken(backlog, 10'000'000);
  CHECK(large.use_count() == 1);
}

TEST_CASE("Backlog: what was begun is ended before something else is said") {
  Backlog backlog;
  backlog.push(nullptr, text("data: one\n\n"));
  backlog.push(nullptr, text("data: two\n\n"));
  std::string rest;
  SUBCASE("in the middle of one") {
    CHECK(taken(backlog, 4) == "data");
    rest = ": one\n\n";
  }
  SUBCASE("between two") { CHECK(taken(backlog, 11) == "data: one\n\n"); }
  backlog.drop_unbegun();
  CHECK(backlog.bytes() == rest.size());
  backlog.push(nullptr, text("data: end\n\n"));
  CHECK(taken(backlog, 100) == rest + "data: end\n\n");
  CHECK(backlog.empty());
  CHECK(backlog.bytes() == 0);
  CHECK(backlog.own_bytes() == 0);
}
