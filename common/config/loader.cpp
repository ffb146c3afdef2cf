#include "common/config/loader.hpp"

#include "common/config/table.hpp"
#include "common/log/record.hpp"

extern char** environ;

namespace certes::config {
namespace {

constexpr std::string_view kProperties = "kafka.properties.";
constexpr std::string_view kTopic = "kafka.topic.";
constexpr Millis kLeastAttemptsOnKafka = std::chrono::days(11);
constexpr Millis kMaxWaitOnKafka = std::chrono::days(9);

// Variables that are no settings: secrets, what client commands and our own scripts read.
constexpr std::string_view kOtherVariables[] = {
    "CERTES_ADMIN_KEY", "CERTES_ADMIN_KEY_FILE", "CERTES_SECRETS_KEY", "CERTES_URL",
    "CERTES_KEY",       "CERTES_KEY_FILE",       "CERTES_CA_FILE",     "CERTES_GATEWAY_URL",
    "CERTES_RELAY_URL", "CERTES_CONFIG",         "CERTES_CACHE",       "CERTES_BINARY"};

bool is_other_variable(std::string_view name) {
  if (name.starts_with("CERTES_TEST_")) return true;
  for (const std::string_view known : kOtherVariables)
    if (name == known) return true;
  return false;
}

bool is_number(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

// CERTES_GATEWAY_PORT_9600_TCP_ADDR and the like.
bool is_port_link(std::string_view name) {
  for (const std::string_view protocol : {"_TCP", "_UDP", "_SCTP"})
    for (const std::string_view part : {"_ADDR", "_PORT", "_PROTO"}) {
      const std::string end = std::string(protocol).append(part);
      if (!name.ends_with(end)) continue;
      const std::string_view front = name.substr(0, name.size() - end.size());
      const auto at = front.rfind("_PORT_");
      if (at != front.npos && is_number(front.substr(at + 6))) return true;
    }
  return false;
}

// What Kubernetes puts into every container for a Service whose name begins with "certes-".
bool is_service_link(std::string_view name, std::string_view value) {
  for (const std::string_view scheme : {"tcp://", "udp://", "sctp://"})
    if (value.starts_with(scheme)) return true;
  return name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
         name.find("_SERVICE_PORT_") != name.npos || is_port_link(name);
}

// Settings and sections.
std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const Setting& setting : all_settings()) {
    const std::string name(setting.name);
    names.push_back(name);
    for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
      names.push_back(name.substr(0, dot));
  }
  return names;
}

std::vector<std::string> known_variables() {
  std::vector<std::string> names(std::begin(kOtherVariables), std::end(kOtherVariables));
  for (const Setting& setting : all_settings()) names.push_back(variable_of(setting.name));
  return names;
}

// Some setting's name begins with this section.
bool is_section(std::string_view name) {
  const std::string prefix = std::string(name) + ".";
  for (const Setting& setting : all_settings())
    if (setting.name.starts_with(prefix)) return true;
  return prefix == kProperties || prefix == kTopic;
}

Error at(const std::string& place, std::string_view what) { return {Code::invalid, place + ": " + std::string(what)}; }

Error unknown(const std::string& place, const std::string& name) {
  return at(place, "unknown setting " + name + did_you_mean(name, known_names()));
}

// A scalar as set_from_text takes it; nothing for tables and lists.
std::optional<std::string> scalar_text(const TomlValue& value) {
  switch (value.kind) {
    case TomlValue::Kind::string: return value.text;
    case TomlValue::Kind::integer: return std::to_string(value.integer);
    case TomlValue::Kind::real: return std::to_string(value.real);
    case TomlValue::Kind::boolean: return value.boolean ? "true" : "false";
    default: return std::nullopt;
  }
}

}  // namespace

Result<void> Loader::add_file(const std::string& path) {
  const auto text = read_file(path, 1u << 20);
  if (!text) return fail(Code::invalid, text.error().message);
  const auto root = parse_toml(*text, path);
  if (!root) return fail(root.error());
  return add_table(*root, "", path);
}

Result<void> Loader::add_table(const TomlValue& table, const std::string& prefix, const std::string& file) {
  for (const TomlMember& member : table.members) {
    const std::string name = prefix + member.name;
    const std::string place = file + ":" + std::to_string(member.line);
    const bool inside = name.starts_with(kTopic);
    const bool nested = member.value.kind == TomlValue::Kind::table && (is_section(name) || inside);
    auto added = nested ? add_table(member.value, name + ".", file) : add_value(member, name, place);
    if (!added) return added;
  }
  return {};
}

Result<void> Loader::add_value(const TomlMember& member, const std::string& name, const std::string& place) {
  if (const Setting* setting = find_setting(name)) {
    if (auto set = set_from_toml(*setting, loaded_.settings, member.value); !set)
      return fail(at(place, name + " " + set.error().message));
    loaded_.origins[name] = place;
    return {};
  }
  const auto text = scalar_text(member.value);
  const auto passed = text ? add_passed_through(name, *text, place) : Result<bool>(false);
  if (!passed) return fail(passed.error());
  if (!*passed) return fail(unknown(place, name));
  return {};
}

Result<void> Loader::add_text(const std::string& name, std::string_view text, const std::string& place) {
  const Setting* setting = find_setting(name);
  if (!setting) {
    const auto passed = add_passed_through(name, text, place);
    if (!passed) return fail(passed.error());
    if (!*passed) return fail(unknown(place, name));
    return {};
  }
  if (auto set = set_from_text(*setting, loaded_.settings, text); !set)
    return fail(at(place, name + " " + set.error().message));
  loaded_.origins[name] = place;
  return {};
}

Result<bool> Loader::add_passed_through(const std::string& name, std::string_view text, const std::string& place) {
  KafkaSettings& kafka = loaded_.settings.kafka;
  if (name.starts_with(kProperties)) {
    kafka.properties[name.substr(kProperties.size())] = text;
    loaded_.origins[name] = place;
    return true;
  }
  if (!name.starts_with(kTopic)) return false;
  const std::string rest = name.substr(kTopic.size());  // TOPIC.property.with.dots
  const std::size_t dot = rest.find('.');
  if (dot == std::string::npos) return false;
  const std::string topic = rest.substr(0, dot);
  if (!log::parse_topic(topic))
    return fail(at(place, "unknown topic " + topic +
                              did_you_mean(topic, {"registry", "events", "attempts", "dead-letters", "progress"})));
  kafka.topic[topic][rest.substr(dot + 1)] = text;
  loaded_.origins[name] = place;
  return true;
}

Result<void> Loader::add_environment(const std::map<std::string, std::string>& environment) {
  for (const auto& [name, value] : environment)
    if (name.starts_with("CERTES_"))
      if (auto added = add_variable(name, value); !added) return added;
  return {};
}

Result<void> Loader::add_variable(const std::string& name, const std::string& value) {
  Settings& settings = loaded_.settings;
  if (name == "CERTES_SECRETS_KEY") settings.secrets_keys = split_list(value);
  if (name == "CERTES_ADMIN_KEY") settings.admin_key = value;
  if (name == "CERTES_ADMIN_KEY_FILE") {
    const auto text = read_file(value, 4'096);
    if (!text) return fail(at(name, text.error().message));
    settings.admin_key = text->substr(0, text->find_last_not_of(" \t\r\n") + 1);
  }
  if (is_other_variable(name)) return {};
  for (const Setting& setting : all_settings())
    if (variable_of(setting.name) == name) return add_text(std::string(setting.name), value, name);
  if (is_service_link(name, value)) return {};
  return fail(at(name, "unknown variable" + did_you_mean(name, known_variables())));
}

Result<void> Loader::add_flag(const std::string& name, const std::string& value) {
  return add_text(name, value, "flag");
}

namespace {

Result<void> check_tls(const std::string& section, const std::string& cert, const std::string& key,
                       const std::string& client_ca) {
  if (cert.empty() != key.empty())
    return fail(Code::invalid, section + "tls_cert_file and " + section + "tls_key_file go together");
  if (cert.empty() && !client_ca.empty())
    return fail(Code::invalid, section + "tls_client_ca_file needs " + section + "tls_cert_file");
  return {};
}

Result<void> check_tls(const Settings& settings) {
  const GatewaySettings& gateway = settings.gateway;
  const ApiSettings& api = settings.api;
  auto checked = check_tls("gateway.", gateway.tls_cert_file, gateway.tls_key_file, gateway.tls_client_ca_file);
  return checked ? check_tls("api.", api.tls_cert_file, api.tls_key_file, api.tls_client_ca_file) : checked;
}

// One body must fit, and the buffer that it grows out of.
Result<void> check_unfinished(const std::string& name, std::size_t bytes, std::size_t body) {
  if (bytes == 0 || bytes / 4 >= body) return {};
  return fail(Code::invalid, name + " must be 0, or at least four of the largest bodies: " + std::to_string(4 * body));
}

Result<void> check_unfinished(const Settings& settings) {
  const std::size_t body = settings.gateway.max_body_bytes;
  auto checked = check_unfinished("gateway.unfinished_bytes", settings.gateway.unfinished_bytes, body);
  constexpr std::size_t kApiBody = 1 << 20;
  return checked ? check_unfinished("api.unfinished_bytes", settings.api.unfinished_bytes, kApiBody) : checked;
}

// One watcher alone must be able to fall behind as far as it may: what may wait for it, and one event more.
Result<void> check_stream(const GatewaySettings& gateway) {
  const std::size_t least = gateway.stream_buffer_bytes + 2 * gateway.max_body_bytes;
  if (gateway.stream_buffers_bytes == 0 || gateway.stream_buffers_bytes >= least) return {};
  return fail(Code::invalid,
              "gateway.stream_buffers_bytes must be 0, or at least gateway.stream_buffer_bytes and two "
              "of the largest bodies: " +
                  std::to_string(least));
}

}  // namespace

Result<Loaded> Loader::finish() {
  Settings& settings = loaded_.settings;
  KafkaSettings& kafka = settings.kafka;
  if (!kafka.brokers.empty() && !loaded_.origins.contains("store.engine")) {
    settings.store.engine = "kafka";
    loaded_.origins["store.engine"] = loaded_.origins["kafka.brokers"];
  }
  if (settings.store.engine == "kafka" && kafka.brokers.empty())
    return fail(Code::invalid, "store.engine kafka needs kafka.brokers: --brokers HOST:PORT");
  if (settings.store.engine == "kafka" && settings.retention.attempts < kLeastAttemptsOnKafka)
    return fail(Code::invalid,
                "attempts.retention_seconds must be at least 950400 (11 days) on Kafka: what is open is "
                "recovered from these");
  if (settings.store.engine == "kafka" && !loaded_.origins.contains("events.max_wait_seconds"))
    settings.retention.max_wait = kMaxWaitOnKafka;
  if (kafka.cert_file.empty() != kafka.key_file.empty())
    return fail(Code::invalid, "kafka.cert_file and kafka.key_file go together");
  if (auto checked = check_tls(settings); !checked) return fail(checked.error());
  if (auto checked = check_unfinished(settings); !checked) return fail(checked.error());
  if (auto checked = check_stream(settings.gateway); !checked) return fail(checked.error());
  if (!settings.allow_from.empty() && !settings.dev)
    return fail(Code::invalid, "allow_from is for --dev only: elsewhere every caller needs a key");
  if (settings.data.empty()) return fail(Code::invalid, "data must name a directory");
  if (kafka.group.empty()) kafka.group = kafka.prefix + "dispatcher";
  kafka.instance = settings.dispatcher.instance;
  return std::move(loaded_);
}

Result<Loaded> load_with_origins(const Sources& sources) {
  Loader loader;
  if (!sources.file.empty())
    if (auto added = loader.add_file(sources.file); !added) return fail(added.error());
  if (auto added = loader.add_environment(sources.environment); !added) return fail(added.error());
  for (const auto& [name, value] : sources.flags)
    if (auto added = loader.add_flag(name, value); !added) return fail(added.error());
  return loader.finish();
}

Result<Settings> load(const Sources& sources) {
  auto loaded = load_with_origins(sources);
  if (!loaded) return fail(loaded.error());
  return std::move(loaded->settings);
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> found;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (text.starts_with("CERTES_") && equals != std::string_view::npos)
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

}  // namespace certes::config
