#include "certes/start_lines.hpp"

#include "common/base/seconds.hpp"

#include <cstdio>
#include <filesystem>

namespace certes {
namespace {

std::string name_of(command::Role role) {
  switch (role) {
    case command::Role::gateway: return "gateway";
    case command::Role::dispatcher: return "dispatcher";
    case command::Role::api: return "api";
    case command::Role::serve: break;
  }
  return "serve";
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto whole = std::filesystem::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

std::string seconds(Millis time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", seconds_of(time));
  return text;
}

// How a command gets in.
std::string key_option(const config::Settings& settings) {
  if (settings.dev) return "";
  const std::string path = settings.data + "/admin.key";
  std::error_code error;
  return std::filesystem::exists(path, error) ? " --key-file " + absolute(path) : " --key …";
}

}  // namespace

std::string start_line(command::Role role, const config::Settings& settings) {
  const std::string line = "certes " CERTES_VERSION " " + name_of(role) + ": ";
  const std::string data = absolute(settings.data);
  if (settings.store.engine == "sqlite") return line + "the log is embedded, in " + data;
  return line + "the log is Kafka at " + settings.kafka.brokers + ", topics " + settings.kafka.prefix +
         "*; what this process keeps is in " + data;
}

std::string next_line(command::Role role, const config::Settings& settings,
                      const std::map<std::string, std::string>& urls) {
  const auto url = [&](const char* name) {
    const auto found = urls.find(name);
    return found == urls.end() ? std::string() : found->second;
  };
  if (role == command::Role::dispatcher)
    return "next: it delivers what gateways take; " + url("dispatcher") + "/health/ready says how it is";
  std::string line = "next:";
  if (const std::string gateway = url("gateway"); !gateway.empty())
    line += " post events to " + gateway + "/events, or: certes send hello.world '{}' --gateway-url " + gateway +
            key_option(settings) + ";";
  if (const std::string api = url("api"); !api.empty())
    line += " who gets them: certes endpoints list --url " + api + key_option(settings) + ";";
  line.pop_back();
  return line;
}

std::string draining_line(std::size_t in_flight, const config::Settings& settings) {
  std::string line;
  if (settings.shutdown_delay > Millis{0})
    line = "not ready any more, and ends in " + seconds(settings.shutdown_delay) + ": ";
  return line + "draining " + std::to_string(in_flight) + " in flight; again to end at once";
}

}  // namespace certes
