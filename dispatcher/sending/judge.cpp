#include "dispatcher/sending/judge.hpp"

#include <algorithm>

namespace certes::dispatcher {
namespace {

bool among(const std::vector<int>& statuses, int status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

}  // namespace

bool refuses_command(int status) { return status == 400 || status == 413 || status == 415 || status == 422; }

Judgement judge(http::TransferError error, int status, const std::vector<int>& retry_on,
                const std::vector<int>& dead_letter_on, bool command) {
  if (error != http::TransferError::none) return {Verdict::retry, {}};
  if (status >= 200 && status < 300) return {Verdict::delivered, {}};
  if (among(dead_letter_on, status)) return {Verdict::dead_letter, "dead_letter_on " + std::to_string(status)};
  if (among(retry_on, status)) return {Verdict::retry, {}};
  if (status == 410) return {Verdict::gone, "gone"};
  if (status == 508) return {Verdict::dead_letter, "loop_detected"};
  if (command && refuses_command(status)) return {Verdict::dead_letter, "status " + std::to_string(status)};
  return {Verdict::retry, {}};
}

std::string failure_kind(http::TransferError error, int status) {
  if (error == http::TransferError::none) return std::to_string(status);
  return std::string(http::to_string(error));
}

}  // namespace certes::dispatcher
