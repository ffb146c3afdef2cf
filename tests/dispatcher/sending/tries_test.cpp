#include "dispatcher/sending/tries.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::dispatcher;
using http::TransferError;

namespace {

http::TransferResult ended(TransferError error, std::string message = "why", std::uint64_t duration_us = 1'000) {
  http::TransferResult result;
  result.error = error;
  result.message = std::move(message);
  result.duration_us = duration_us;
  return result;
}

Worker worker(std::uint32_t id, std::string name) {
  Worker made;
  made.id = id;
  made.name = std::move(name);
  return made;
}

}  // namespace

TEST_CASE("Tries: another worker may have what one has not taken, and nothing that may be at work") {
  for (const TransferError error : {TransferError::dns, TransferError::connect, TransferError::tls,
                                    TransferError::reset, TransferError::refused_address, TransferError::unresolved})
    CHECK(may_go_elsewhere(ended(error)));
  for (const TransferError error : {TransferError::none, TransferError::aborted, TransferError::local,
                                    TransferError::too_large, TransferError::internal, TransferError::timeout})
    CHECK_FALSE(may_go_elsewhere(ended(error)));
  http::TransferResult unsent = ended(TransferError::timeout);
  unsent.unsent = true;
  CHECK(may_go_elsewhere(unsent));
}

TEST_CASE("Tries: what was wrong names who it was, but where there is one alone") {
  CHECK(named(ended(TransferError::connect), worker(1, "")).message == "why");
  CHECK(named(ended(TransferError::connect), worker(1, "one")).message == "one: why");
  http::TransferResult answered;
  answered.status = 500;
  CHECK(named(answered, worker(1, "one")).message == "one");
  answered.status = 204;
  CHECK(named(answered, worker(1, "one")).message.empty());
}

TEST_CASE("Tries: an attempt's failure tells of all, the last first, and takes as long as they did") {
  Tries tries;
  tries.failed(worker(1, "one"), ended(TransferError::connect, "refused"));
  tries.failed(worker(3, "three"), ended(TransferError::reset, "gone", 4'000));
  CHECK(tries.tried() == Workers::Ids{1, 3});
  CHECK(tries.spent() == Millis{5});
  const auto all = tries.all_failed();
  CHECK(all.error == TransferError::reset);
  CHECK(all.message == "three: gone; connect: one: refused");
  CHECK(all.duration_us == 5'000);
  const auto last = tries.ended(named(ended(TransferError::timeout, "late", 1'000), worker(2, "two")));
  CHECK(last.error == TransferError::timeout);
  CHECK(last.message == "two: late; reset: three: gone; connect: one: refused");
  CHECK(last.duration_us == 6'000);
  http::TransferResult works;
  works.status = 200;
  CHECK(tries.ended(works).message.empty());
}

TEST_CASE("Tries: what says something of the endpoint counts before a name server that does not answer") {
  for (const bool first : {true, false}) {
    CAPTURE(first);
    Tries tries;
    tries.failed(worker(1, "one"), ended(first ? TransferError::unresolved : TransferError::connect));
    tries.failed(worker(2, "two"), ended(first ? TransferError::connect : TransferError::unresolved));
    CHECK(tries.all_failed().error == TransferError::connect);
    CHECK(tries.all_failed().message.find("unresolved: ") != std::string::npos);
  }
  Tries silent;
  silent.failed(worker(1, "one"), ended(TransferError::unresolved));
  silent.failed(worker(2, "two"), ended(TransferError::unresolved));
  CHECK(silent.all_failed().error == TransferError::unresolved);
}
