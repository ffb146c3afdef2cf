#include "dispatcher/sending/judge.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::dispatcher;
using http::TransferError;

namespace {
Judgement of(int status, std::vector<int> retry_on = {}, std::vector<int> dead_letter_on = {}) {
  return judge(TransferError::none, status, retry_on, dead_letter_on, false);
}
Judgement of_command(int status, std::vector<int> retry_on = {}) {
  return judge(TransferError::none, status, retry_on, {}, true);
}
}  // namespace

TEST_CASE("Outcome: the table") {
  for (const int status : {200, 201, 202, 204, 299}) CHECK(of(status).verdict == Verdict::delivered);
  CHECK(of(410).verdict == Verdict::gone);
  CHECK(of(410).rule == "gone");
  CHECK(of(508).verdict == Verdict::dead_letter);
  CHECK(of(508).rule == "loop_detected");
  for (const int status :
       {100, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 423, 425, 429, 500, 503, 599})
    CHECK(of(status).verdict == Verdict::retry);
}

TEST_CASE("Outcome: what says that a command is not taken ends it, unless its endpoint says otherwise") {
  for (const int status : {400, 413, 415, 422}) {
    CHECK(of_command(status).verdict == Verdict::dead_letter);
    CHECK(of_command(status).rule == "status " + std::to_string(status));
    CHECK(of_command(status, {status}).verdict == Verdict::retry);
  }
  for (const int status : {401, 404, 409, 429, 500}) CHECK(of_command(status).verdict == Verdict::retry);
  CHECK(of_command(202).verdict == Verdict::delivered);
  CHECK(of_command(410).verdict == Verdict::gone);
}

TEST_CASE("Outcome: failures without an answer are retried") {
  for (const auto error :
       {TransferError::dns, TransferError::connect, TransferError::tls, TransferError::timeout,
        TransferError::refused_address, TransferError::reset, TransferError::too_large, TransferError::internal})
    CHECK(judge(error, 0, {}, {}, true).verdict == Verdict::retry);
  CHECK(failure_kind(TransferError::timeout, 0) == "timeout");
  CHECK(failure_kind(TransferError::none, 500) == "500");
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
