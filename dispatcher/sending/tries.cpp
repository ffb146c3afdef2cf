#include "dispatcher/sending/tries.hpp"

#include "dispatcher/sending/judge.hpp"

namespace certes::dispatcher {

// What was sent and not answered in time may be at work.
bool may_go_elsewhere(const http::TransferResult& result) {
  using http::TransferError;
  switch (result.error) {
    case TransferError::dns:
    case TransferError::connect:
    case TransferError::tls:
    case TransferError::refused_address:
    case TransferError::reset:
    case TransferError::unresolved: return true;
    case TransferError::timeout: return result.unsent;
    case TransferError::none:
    case TransferError::aborted:
    case TransferError::too_large:
    case TransferError::local:
    case TransferError::transform:
    case TransferError::auth:
    case TransferError::internal: break;
  }
  return false;
}

http::TransferResult named(http::TransferResult result, const Worker& worker) {
  const bool works = result.error == http::TransferError::none && result.status >= 200 && result.status < 300;
  if (worker.name.empty() || works) return result;
  result.message = worker.name + (result.message.empty() ? "" : ": " + result.message);
  return result;
}

void Tries::failed(const Worker& worker, const http::TransferResult& result) {
  tried_.push_back(worker.id);
  spent_us_ += result.duration_us;
  http::TransferResult now = named(result, worker);
  // The one before is told of beside it; of name servers nothing but where nothing else is known.
  const bool first = failure_.error == http::TransferError::none;
  if (!first && not_tried(now.error) && !not_tried(failure_.error)) std::swap(now, failure_);
  if (!first) others_ = "; " + failure_kind(failure_.error, 0) + ": " + failure_.message + others_;
  failure_ = std::move(now);
}

http::TransferResult Tries::all_failed() const {
  http::TransferResult result = failure_;
  result.message += others_;
  result.duration_us = spent_us_;
  return result;
}

http::TransferResult Tries::ended(http::TransferResult last) const {
  last.duration_us += spent_us_;
  const bool works = last.error == http::TransferError::none && last.status >= 200 && last.status < 300;
  if (!works) last.message += "; " + failure_kind(failure_.error, 0) + ": " + failure_.message + others_;
  return last;
}

}  // namespace certes::dispatcher
