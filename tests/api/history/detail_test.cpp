#include "api/history/detail.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::api::history;

TEST_CASE("Detail: who is behind leaves out words of payloads first, then answers of good attempts, then these") {
  CHECK(detail_at(kTextsFrom - Millis{1}).texts);
  CHECK_FALSE(detail_at(kTextsFrom).texts);
  CHECK(detail_at(kTextsFrom).good_answers);
  CHECK(detail_at(Millis{0}).good_answers);
  CHECK(detail_at(kAnswersFrom - Millis{1}).good_answers);
  CHECK_FALSE(detail_at(kAnswersFrom).good_answers);
  CHECK(detail_at(kAnswersFrom).good_attempts);
  CHECK_FALSE(detail_at(kAttemptsFrom).good_attempts);
  CHECK(detail_at(Millis{-5}).good_answers);
}

TEST_CASE("Detail: what did not go well is never left out") {
  AttemptRow attempt;
  for (const char* outcome : {"retry", "dead_lettered", "cancelled"}) {
    attempt.outcome = outcome;
    CHECK_FALSE(is_good(attempt));
  }
  for (const char* outcome : {"delivered", "awaiting"}) {
    attempt.outcome = outcome;
    CHECK(is_good(attempt));
  }
}
