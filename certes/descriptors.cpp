#include "certes/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "certes/metrics_listener.hpp"

namespace certes {
namespace {

using command::Role;

// Files of the log and of the process, loops, resolvers, standard streams; on Kafka connections to brokers, some for
// each of its clients.
constexpr std::size_t kForEmbedded = 128, kForKafka = 256;
constexpr std::size_t kLeastConnections = 8;  // of a listener: health and metrics must be seen
constexpr std::size_t kSmallShare = 8;        // Master API and dispatcher have one part in so many of all connections
constexpr std::size_t kSenderShare = 3;       // requests to endpoints have one part in so many of what is left

struct Want {
  const char* setting;
  std::size_t* value;
};

std::size_t reserve_of(std::size_t allowed, const config::Settings& settings) {
  const std::size_t files = settings.store.engine == "kafka" ? kForKafka : kForEmbedded;
  return std::min(allowed / 2, files + (settings.metrics_listen.empty() ? 0 : kMetricsConnections));
}

// Lowers it, and says so.
std::size_t lower(const Want& want, std::size_t most, std::string& said) {
  const std::size_t before = *want.value, now = std::min(before, most);
  *want.value = now;
  if (now != before)
    said += std::string(want.setting) + " " + std::to_string(now) + " of " + std::to_string(before) + ", ";
  return now;
}

// Of the listeners, the one that takes what the others leave is the first.
std::vector<Want> listeners_of(Role role, config::Settings& settings) {
  std::vector<Want> found;
  const bool gateway = role == Role::serve || role == Role::gateway;
  if (gateway) found.push_back({"gateway.max_connections", &settings.gateway.max_connections});
  if (role == Role::api || (gateway && settings.api.enabled))
    found.push_back({"api.max_connections", &settings.api.max_connections});
  if (role == Role::serve || role == Role::dispatcher)
    found.push_back({"dispatcher.max_connections", &settings.dispatcher.max_connections});
  return found;
}

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1u << 30));
}

std::optional<std::string> share_descriptors(std::size_t allowed, Role role, config::Settings& settings) {
  const std::vector<Want> listeners = listeners_of(role, settings);
  const bool sends = role == Role::serve || role == Role::dispatcher;
  const Want sender{"dispatcher.in_flight_max", &settings.dispatcher.in_flight_max};
  const std::size_t reserve = reserve_of(allowed, settings);
  std::size_t left = allowed - reserve, wanted = sends ? *sender.value : 0;
  for (const Want& listener : listeners) wanted += *listener.value;
  if (wanted <= left) return std::nullopt;

  std::string said;
  if (sends) left -= lower(sender, std::max<std::size_t>(1, left / kSenderShare), said);
  const std::size_t small = std::max(kLeastConnections, left / kSmallShare);
  for (std::size_t i = 1; i < listeners.size(); ++i) left -= std::min(left, lower(listeners[i], small, said));
  lower(listeners.front(), std::max(kLeastConnections, left), said);
  return "only " + std::to_string(allowed) + " open files are allowed, so there are fewer at once: " + said +
         std::to_string(reserve) + " are kept for files and the log; raise it with ulimit -Hn or LimitNOFILE=";
}

std::size_t connections_within(std::size_t allowed, std::size_t wanted) {
  return std::min(wanted, allowed - std::min(allowed / 2, kForEmbedded));
}

}  // namespace certes
