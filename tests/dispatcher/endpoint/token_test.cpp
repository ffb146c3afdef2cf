#include "dispatcher/endpoint/token.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::dispatcher;
using Standing = Token::Standing;

namespace {

constexpr SteadyTime kStart{std::chrono::hours{1}};
SteadyTime at(std::int64_t seconds) { return kStart + std::chrono::seconds{seconds}; }

Token granted(std::int64_t life_seconds) {
  Token token;
  token.ask(7);
  token.granted("t", Millis{life_seconds * 1'000}, at(0));
  return token;
}

}  // namespace

TEST_CASE("Token: it is asked for where there is none, by one request at a time") {
  Token token;
  CHECK(token.standing(at(0)) == Standing::awaited);
  CHECK(token.is_wanted(at(0)));
  token.ask(7);
  CHECK_FALSE(token.is_wanted(at(0)));
  CHECK(token.asked() == 7);
  token.granted("t", Millis{100'000}, at(0));
  CHECK(token.standing(at(0)) == Standing::good);
  CHECK(token.asked() == 0);
  CHECK(token.number() == 1);
}

TEST_CASE("Token: another is asked for in the last fifth of its life, while it is still sent") {
  Token token = granted(100);
  CHECK_FALSE(token.is_wanted(at(79)));
  CHECK(token.is_wanted(at(80)));
  CHECK(token.standing(at(99)) == Standing::good);
  CHECK(token.standing(at(100)) == Standing::awaited);
  token.ask(8);
  token.refused("why", at(81));
  CHECK(token.standing(at(81)) == Standing::good);
  CHECK_FALSE(token.is_wanted(at(85)));
  CHECK(token.is_wanted(at(86)));
  CHECK(token.standing(at(100)) == Standing::refused);
  token.ask(9);
  token.granted("u", Millis{100'000}, at(100));
  CHECK(token.text() == "u");
  CHECK(token.number() == 2);
}

TEST_CASE("Token: what came to nothing is not asked for again at once, and says why until it is") {
  Token token;
  token.ask(7);
  token.refused("why", at(0));
  CHECK(token.standing(at(4)) == Standing::refused);
  CHECK(token.refusal() == "why");
  CHECK_FALSE(token.is_wanted(at(4)));
  REQUIRE(token.is_wanted(at(5)));
  token.ask(8);
  CHECK(token.standing(at(5)) == Standing::awaited);
}

TEST_CASE("Token: a request that could not be made is nobody's fault, and is made again in its time") {
  Token token;
  token.ask(7);
  token.not_tried(Millis{3'000}, at(0));
  CHECK(token.standing(at(2)) == Standing::awaited);
  CHECK_FALSE(token.is_wanted(at(2)));
  CHECK(token.is_wanted(at(3)));
}

TEST_CASE("Token: one that was taken and is refused is replaced at once, for all that had it") {
  Token token = granted(100);
  token.worked(1);
  CHECK(token.rejected(1, at(1)));
  CHECK(token.rejected(1, at(1)));
  CHECK(token.is_wanted(at(1)));
  token.ask(8);
  token.granted("u", Millis{100'000}, at(1));
  CHECK(token.rejected(1, at(2)));  // its answer comes late: the new one may be taken
  CHECK(token.standing(at(2)) == Standing::good);
}

TEST_CASE("Token: one that was never taken is not replaced as often as it is refused") {
  Token token = granted(100);
  CHECK_FALSE(token.rejected(1, at(9)));
  CHECK(token.standing(at(9)) == Standing::good);
  CHECK_FALSE(token.rejected(1, at(10)));
  CHECK(token.is_wanted(at(10)));
}
