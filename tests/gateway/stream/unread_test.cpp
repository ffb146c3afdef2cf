#include "gateway/stream/unread.hpp"

#include <doctest/doctest.h>

using namespace certes::gateway::stream;

TEST_CASE("Unread: a text counts once however many hold it, until the last lets go") {
  Unread unread(10'000);
  Text text = unread.share("acme", std::string(1'000, 'x'));
  const std::size_t once = unread.held();
  CHECK(once >= 1'000);
  CHECK(once < 1'200);
  Text other = text;
  text.reset();
  CHECK(unread.held() == once);
  CHECK(*other == std::string(1'000, 'x'));
  other.reset();
  CHECK(unread.held() == 0);
}

TEST_CASE("Unread: above the limit it is the tenant that holds most that gives way") {
  Unread unread(10'000);
  CHECK(unread.gives_way().empty());
  auto acme = unread.charge("acme");
  auto globex = unread.charge("globex");
  acme.set(6'000);
  globex.set(4'000);
  CHECK(unread.excess() == 0);
  globex.set(5'000);
  CHECK(unread.excess() == 1'000);
  CHECK(unread.gives_way() == "acme");
  acme.set(2'000);
  CHECK(unread.excess() == 0);
  CHECK(unread.gives_way() == "globex");
}

TEST_CASE("Unread: what was charged may outlive it") {
  Text text;
  {
    Unread unread(1);
    text = unread.share("acme", "late");
  }
  CHECK(*text == "late");
  text.reset();
}
