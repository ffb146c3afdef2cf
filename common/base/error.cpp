#include "common/base/error.hpp"

namespace certes {

std::string_view to_string(Code code) {
  switch (code) {
    case Code::invalid: return "invalid";
    case Code::unauthenticated: return "unauthenticated";
    case Code::forbidden: return "forbidden";
    case Code::not_found: return "not_found";
    case Code::conflict: return "conflict";
    case Code::too_large: return "too_large";
    case Code::busy: return "busy";
    case Code::unavailable: return "unavailable";
    case Code::unknown_outcome: return "unknown_outcome";
    case Code::timeout: return "timeout";
    case Code::internal: return "internal";
  }
  return "internal";
}

Error Error::prefixed(std::string_view prefix) && {
  message.insert(0, prefix);
  return std::move(*this);
}

}  // namespace certes
