#include "dispatcher/endpoint/endpoint.hpp"

#include "common/registry/fate.hpp"
#include "dispatcher/loading/backlog.hpp"

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

namespace {

using registry::Fate;

Fate fate(const Delivery& delivery) {
  return fate_of(delivery.endpoint->config(), *delivery.record->record, delivery.own_priority);
}

}  // namespace

bool doomed(const Delivery& delivery) {
  return delivery.endpoint->mode == Mode::deleted || fate(delivery) != Fate::deliver;
}

bool purged(const Delivery& delivery) { return fate(delivery) == Fate::purged; }

std::string disabled_text(const Endpoint& endpoint) {
  const registry::Endpoint& config = endpoint.config();
  if (config.state != registry::EndpointState::disabled) return "the endpoint was disabled";
  return "the endpoint is disabled: " + config.disabled_reason;
}

}  // namespace certes::dispatcher
