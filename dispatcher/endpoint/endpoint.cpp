#include "dispatcher/endpoint/endpoint.hpp"

#include "dispatcher/endpoint/fate.hpp"

namespace certes::dispatcher {

Mode mode_of(const Target& target) {
  switch (target.endpoint().state) {
    case registry::EndpointState::active: return target.problem() ? Mode::broken : Mode::open;
    case registry::EndpointState::paused: return Mode::paused;
    case registry::EndpointState::disabled: break;
  }
  return Mode::disabled;
}

bool takes(Mode mode) {
  switch (mode) {
    case Mode::open:
    case Mode::broken: return true;
    case Mode::paused:
    case Mode::gone:
    case Mode::disabled:
    case Mode::deleted: break;
  }
  return false;
}

bool doomed(const Delivery& delivery) {
  const Endpoint& endpoint = *delivery.endpoint;
  return endpoint.mode == Mode::deleted ||
         fate_of(endpoint.config(), delivery.record->record->appended_at) != Fate::deliver;
}

std::string disabled_text(const Endpoint& endpoint) {
  const registry::Endpoint& config = endpoint.config();
  if (config.state != registry::EndpointState::disabled) return "the endpoint was disabled";
  return "the endpoint is disabled: " + config.disabled_reason;
}

}  // namespace certes::dispatcher
