#include "certes/runtime.hpp"

#include "certes/commands/console.hpp"
#include "certes/engine.hpp"
#include "certes/installation.hpp"
#include "certes/last_resort.hpp"
#include "certes/logging.hpp"
#include "certes/private_file.hpp"
#include "certes/sealing_keys.hpp"

namespace certes {
namespace {

using command::Role;

// As long as a start usually takes: within it, the roles bind their listeners themselves.
constexpr Millis kQuietStart{2'000};
constexpr Millis kHealthEvery{1'000};
constexpr Millis kWarmEvery{20};

Millis to_millis(double seconds) { return Millis(static_cast<Millis::rep>(seconds * 1'000)); }

Result<http::AddressPolicy> address_policy(const config::Settings& settings) {
  std::vector<std::string> allowed = settings.dispatcher.allow_networks;
  if (settings.dev) allowed.insert(allowed.end(), {"127.0.0.0/8", "::1/128"});
  return http::AddressPolicy::make(allowed);
}

std::string json_of(const std::map<std::string, std::string>& addresses) {
  std::string text;
  for (const auto& [name, address] : addresses)
    text += (text.empty() ? "" : ",") + ("\"" + name + "\":\"" + address + "\"");
  return "{" + text + "}\n";
}

}  // namespace

Runtime::Runtime(Role role, config::Settings settings, std::string print_ports, Signals& signals)
    : role_(role), settings_(std::move(settings)), print_ports_(std::move(print_ports)), signals_(signals) {}

Runtime::~Runtime() = default;

bool Runtime::runs_gateway() const { return role_ == Role::serve || role_ == Role::gateway; }
bool Runtime::runs_api() const { return role_ == Role::api || (runs_gateway() && settings_.api.enabled); }
bool Runtime::runs_dispatcher() const { return role_ == Role::serve || role_ == Role::dispatcher; }

std::map<std::string, Standby::Wanted> Runtime::wanted_listeners() const {
  const config::GatewaySettings& gateway = settings_.gateway;
  const config::ApiSettings& api = settings_.api;
  std::map<std::string, Standby::Wanted> wanted;
  if (runs_gateway())
    wanted["gateway"] = {gateway.listen,
                         {gateway.tls_cert_file, gateway.tls_key_file, gateway.tls_client_ca_file, "gateway."}};
  if (runs_api()) wanted["api"] = {api.listen, {api.tls_cert_file, api.tls_key_file, api.tls_client_ca_file, "api."}};
  if (runs_dispatcher()) wanted["dispatcher"] = {settings_.dispatcher.listen, {}};
  return wanted;
}

bool Runtime::uses_tls() const {
  return (runs_gateway() && !settings_.gateway.tls_cert_file.empty()) ||
         (runs_api() && !settings_.api.tls_cert_file.empty());
}

Result<void> Runtime::run() {
  if (uses_tls()) signals_.take_hangups();
  if (auto opened = open(); !opened) return opened;
  const auto reached = wait_for_log();
  if (!reached) return fail(reached.error());
  if (!*reached) {
    stop();
    return {};
  }
  if (auto started = start_roles(); !started) {
    stop();
    return started;
  }
  auto served = serve();
  if (served) linger();
  stop();
  return served;
}

Result<void> Runtime::open() {
  const bool embedded = settings_.log.engine == "sqlite";
  if (embedded && role_ != Role::serve)
    return fail(Code::invalid,
                "roles in processes of their own need Kafka, because the embedded log belongs to one process: give "
                "--brokers HOST:PORT, or run certes serve");
  auto sealer = open_sealer(settings_, role_ == Role::serve && (embedded || settings_.dev));
  if (!sealer) return fail(sealer.error());
  sealer_.emplace(std::move(*sealer));
  auto policy = address_policy(settings_);
  if (!policy) return fail(policy.error());
  addresses_.emplace(std::move(*policy));
  auto log = open_engine(settings_, clock_);
  if (!log) return fail(log.error());
  log_ = std::move(*log);
  metrics_.gauge("certes_build_info", "The version that runs", {{"version", CERTES_VERSION}}).set(1);
  return {};
}

Result<bool> Runtime::wait_for_log() {
  const auto bootstrap = [this](registry::Registry& registry) {
    return prepare_installation(registry, *sealer_, settings_, role_ != Role::dispatcher);
  };
  connector_ = std::make_unique<Connector>(
      *log_, clock_, bootstrap, [this] { signals_.wake(); }, Millis{1'000},
      static_cast<std::size_t>(settings_.audit.entries));
  for (;;) {
    const auto event = signals_.wait(standby_ ? kHealthEvery : kQuietStart);
    if (event == Signals::Event::signal) return false;
    if (event == Signals::Event::timeout && !standby_)
      if (auto held = hold_listeners(); !held) return fail(held.error());
    certificates_.look(event == Signals::Event::hangup);
    if (auto outcome = connector_->take()) {
      if (!*outcome) return fail(outcome->error());
      registry_ = std::move(**outcome);
      connector_.reset();
      return true;
    }
  }
}

Result<void> Runtime::hold_listeners() {
  standby_ = std::make_unique<Standby>(wanted_listeners(), metrics_);
  if (auto started = standby_->start(); !started) return started;
  certificates_.watch(standby_->servers());
  const auto bound = standby_->addresses();
  if (bound.contains("gateway")) settings_.gateway.listen = bound.at("gateway");
  if (bound.contains("api")) settings_.api.listen = bound.at("api");
  if (bound.contains("dispatcher")) settings_.dispatcher.listen = bound.at("dispatcher");
  return announce(bound);
}

Result<void> Runtime::start_roles() {
  certificates_.watch({});
  if (standby_) standby_->stop();
  standby_.reset();
  std::map<std::string, std::string> bound;
  std::vector<Certificates::Listener> listeners;
  const gateway::Dependencies accepting{settings_, *log_,  *registry_,  *sealer_,
                                        metrics_,  clock_, *addresses_, &leaving_};
  const auto start = [&](const char* name, auto& part) -> Result<void> {
    if (auto started = part->start(); !started) return started;
    bound[name] = part->address();
    return {};
  };
  if (runs_gateway()) {
    gateway_ = std::make_unique<gateway::Gateway>(accepting);
    if (auto started = start("gateway", gateway_); !started) return started;
    listeners.push_back({"gateway", &gateway_->server()});
  }
  if (runs_api()) {
    api_ = std::make_unique<gateway::Api>(accepting);
    if (auto started = start("api", api_); !started) return started;
    listeners.push_back({"api", &api_->server()});
  }
  if (runs_dispatcher()) {
    dispatcher_ = make_dispatcher();
    if (auto started = start("dispatcher", dispatcher_); !started) return started;
  }
  certificates_.watch(listeners);
  return announce(bound);
}

std::unique_ptr<dispatcher::Dispatcher> Runtime::make_dispatcher() {
  const auto failed = [this](const Error& error) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = error;
    }
    signals_.wake();
  };
  std::function<void(std::string_view)> trace;
  if (settings_.dev) trace = [](std::string_view line) { logging::info(line); };
  return std::make_unique<dispatcher::Dispatcher>(dispatcher::Dependencies{
      settings_, *log_, *registry_, *sealer_, metrics_, clock_, *addresses_, std::move(trace), failed, &leaving_});
}

Result<void> Runtime::announce(const std::map<std::string, std::string>& addresses) {
  if (addresses == announced_) return {};
  announced_ = addresses;
  std::vector<std::string> own;
  for (const auto& [name, wanted] : wanted_listeners()) {
    const auto bound = addresses.find(name);
    if (bound == addresses.end()) continue;
    own.push_back(bound->second);
    command::print_line("listening " + name + (wanted.tls.cert_file.empty() ? " http://" : " https://") +
                        bound->second);
  }
  addresses_->own_listeners().set(own);
  if (print_ports_.empty()) return {};
  auto written = replace_file(print_ports_, json_of(addresses));
  if (!written) return fail(std::move(written.error()).prefixed("--print-ports: "));
  return written;
}

Result<void> Runtime::serve() {
  for (bool ready = false;;) {
    if (!ready && (!gateway_ || gateway_->warm())) {
      ready = true;
      command::print_line("ready");
    }
    const auto event = signals_.wait(ready ? kHealthEvery : kWarmEvery);
    if (event == Signals::Event::signal) return {};
    certificates_.look(event == Signals::Event::hangup);
    const std::lock_guard lock(mutex_);
    if (failure_) return fail(*failure_);
    if (auto broken = fatal_trouble(*log_)) return fail(std::move(*broken));
    if (auto broken = registry_->failure()) return fail(std::move(*broken));
  }
}

// Load balancers see that it is not ready, and send elsewhere, before it stops accepting.
void Runtime::linger() {
  leaving_ = true;
  const SteadyTime until = clock_.now() + to_millis(settings_.shutdown_delay_seconds);
  for (SteadyTime now = clock_.now(); now < until; now = clock_.now())
    if (signals_.wait(std::chrono::ceil<Millis>(until - now)) == Signals::Event::signal) LastResort::end_now();
}

void Runtime::stop() {
  const LastResort last_resort(signals_);
  certificates_.watch({});
  const SteadyTime until = clock_.now() + to_millis(settings_.drain_seconds);
  const auto left = [&] { return std::max(Millis{0}, std::chrono::ceil<Millis>(until - clock_.now())); };
  if (gateway_) gateway_->stop(left());
  if (api_) api_->stop(left());
  if (dispatcher_) dispatcher_->stop(left());
  standby_.reset();
  connector_.reset();
  dispatcher_.reset();
  api_.reset();
  gateway_.reset();
  registry_.reset();
  log_.reset();
}

}  // namespace certes
