#include "dispatcher/endpoint/health.hpp"

namespace certes::dispatcher {

Health health_of(http::TransferError error, int status) {
  using http::TransferError;
  switch (error) {
    case TransferError::none: break;
    case TransferError::timeout: return Health::too_much;
    case TransferError::dns:
    case TransferError::connect:
    case TransferError::tls:
    case TransferError::reset:
    case TransferError::auth:
    case TransferError::too_large: return Health::fails;
    case TransferError::refused_address:
    case TransferError::aborted:
    case TransferError::unresolved:
    case TransferError::local:
    case TransferError::transform:
    case TransferError::internal: return Health::unknown;
  }
  if (status == 408 || status == 429 || status == 503 || status == 504) return Health::too_much;
  if (status >= 500 && status != 508) return Health::fails;  // 508 is of the event
  return Health::works;
}

}  // namespace certes::dispatcher
