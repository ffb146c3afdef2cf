#include "dispatcher/retry/outcome.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::dispatcher;
using http::TransferError;

namespace {
Judgement of(int status, std::vector<int> retry_on = {}, std::vector<int> dead_letter_on = {}) {
  return judge(TransferError::none, status, retry_on, dead_letter_on);
}
}  // namespace

TEST_CASE("Outcome: the table") {
  for (const int status : {200, 201, 202, 204, 299}) CHECK(of(status).verdict == Verdict::delivered);
  for (const int status : {400, 413, 415, 422}) {
    CHECK(of(status).verdict == Verdict::dead_letter);
    CHECK(of(status).rule == "status " + std::to_string(status));
  }
  CHECK(of(410).verdict == Verdict::gone);
  CHECK(of(410).rule == "gone");
  CHECK(of(508).verdict == Verdict::dead_letter);
  CHECK(of(508).rule == "loop_detected");
  for (const int status : {100, 301, 302, 304, 307, 308, 401, 403, 404, 405, 408, 409, 423, 425, 429, 500, 503, 599})
    CHECK(of(status).verdict == Verdict::retry);
}

TEST_CASE("Outcome: failures without an answer are retried") {
  for (const auto error : {TransferError::dns, TransferError::connect, TransferError::tls, TransferError::timeout,
                           TransferError::refused_address, TransferError::reset, TransferError::internal})
    CHECK(judge(error, 0, {}, {}).verdict == Verdict::retry);
  CHECK(judge(TransferError::timeout, 200, {}, {}).verdict == Verdict::retry);
}

TEST_CASE("Outcome: an answer that is too large counts by its status") {
  CHECK(judge(TransferError::too_large, 200, {}, {}).verdict == Verdict::delivered);
  CHECK(judge(TransferError::too_large, 500, {}, {}).verdict == Verdict::retry);
  CHECK(failure_kind(TransferError::too_large, 500) == "500");
  CHECK(failure_kind(TransferError::too_large, 0) == "too_large");
}

TEST_CASE("Outcome: the endpoint's own statuses go before the table, and say so") {
  CHECK(of(400, {400}).verdict == Verdict::retry);
  CHECK(of(410, {410}).verdict == Verdict::retry);
  CHECK(of(404, {}, {404}).verdict == Verdict::dead_letter);
  CHECK(of(404, {}, {404}).rule == "dead_letter_on 404");
  CHECK(of(410, {}, {410}).verdict == Verdict::dead_letter);
  CHECK(of(503, {503}, {503}).verdict == Verdict::dead_letter);
  CHECK(of(200, {200}, {200}).verdict == Verdict::delivered);
}
