#include "dispatcher/retry/outcome.hpp"

#include <algorithm>

namespace certes::dispatcher {
namespace {

bool among(const std::vector<int>& statuses, int status) {
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

}  // namespace

Judgement judge(http::TransferError error, int status, const std::vector<int>& retry_on,
                const std::vector<int>& dead_letter_on) {
  if (error != http::TransferError::none && error != http::TransferError::too_large) return {Verdict::retry, {}};
  if (status >= 200 && status < 300) return {Verdict::delivered, {}};
  if (among(dead_letter_on, status)) return {Verdict::dead_letter, "dead_letter_on " + std::to_string(status)};
  if (among(retry_on, status)) return {Verdict::retry, {}};
  switch (status) {
    case 410: return {Verdict::gone, "gone"};
    case 508: return {Verdict::dead_letter, "loop_detected"};
    case 400:
    case 413:
    case 415:
    case 422: return {Verdict::dead_letter, "status " + std::to_string(status)};
    default: return {Verdict::retry, {}};
  }
}

std::string failure_kind(http::TransferError error, int status) {
  const bool answered = error == http::TransferError::none || (error == http::TransferError::too_large && status > 0);
  if (answered) return std::to_string(status);
  return std::string(http::to_string(error));
}

}  // namespace certes::dispatcher
