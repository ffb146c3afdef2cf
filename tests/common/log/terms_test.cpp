#include "common/log/terms.hpp"

#include <doctest/doctest.h>

using namespace certes::log;

namespace {

StoredRecord record(std::int64_t offset, const char* term, Topic topic = Topic::attempts) {
  StoredRecord made;
  made.topic = topic;
  made.offset = offset;
  if (term != nullptr) made.headers.add(names::kTerm, term);
  return made;
}

}  // namespace

TEST_CASE("Terms: what stands behind a higher term is void, for good") {
  Terms terms;
  CHECK(terms.counts(record(0, "1")));
  CHECK(terms.counts(record(1, "1")));
  CHECK(terms.counts(record(2, "3")));
  CHECK_FALSE(terms.counts(record(3, "2")));
  CHECK_FALSE(terms.counts(record(4, "1")));
  CHECK(terms.counts(record(5, "3")));
  CHECK(terms.highest() == 3);
  Terms on(terms.highest());
  CHECK_FALSE(on.counts(record(6, "2")));
  CHECK(on.counts(record(7, "4")));
}

TEST_CASE("Terms: without a term a dead letter counts, an attempt does not") {
  Terms terms;
  CHECK(terms.counts(record(0, "5", Topic::dead_letters)));
  CHECK(terms.counts(record(1, nullptr, Topic::dead_letters)));
  CHECK_FALSE(terms.counts(record(0, nullptr)));
  for (const char* none : {"", "x", "-1", "1x", "99999999999999999999"}) CHECK_FALSE(terms.counts(record(2, none)));
  CHECK(terms.highest() == 5);
}

TEST_CASE("Terms: who begins in mid-partition learns the term from the records before, which do not count") {
  auto terms = Terms::from(1'000, 0);
  CHECK(terms.begin() == 1'000 - Terms::kBefore);
  CHECK_FALSE(terms.counts(record(998, "7")));
  CHECK_FALSE(terms.counts(record(999, "6")));
  CHECK_FALSE(terms.counts(record(1'000, "6")));
  CHECK(terms.counts(record(1'001, "7")));
  CHECK_FALSE(Terms::from(10, 0).counts(record(9, nullptr, Topic::dead_letters)));
  CHECK(Terms::from(10, 0).begin() == 0);
  CHECK(Terms::from(1'000, 900).begin() == 900);
}
