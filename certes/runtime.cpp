#include "certes/runtime.hpp"

#include <unistd.h>

#include "certes/commands/console.hpp"
#include "certes/core_dumps.hpp"
#include "certes/descriptors.hpp"
#include "certes/engine.hpp"
#include "certes/installation.hpp"
#include "certes/last_resort.hpp"
#include "certes/logging.hpp"
#include "certes/private_file.hpp"
#include "certes/registry_watch.hpp"
#include "certes/sealing_keys.hpp"
#include "certes/setting_metrics.hpp"
#include "certes/start_lines.hpp"
#include "common/metrics/process_metrics.hpp"

namespace certes {
namespace {

using command::Role;

// As long as a start usually takes: within it, the listeners are announced when they serve.
constexpr Millis kQuietStart{2'000};
constexpr Millis kHealthEvery{1'000};
constexpr Millis kWarmEvery{20};

Result<http::AddressPolicy> address_policy(const config::Settings& settings) {
  std::vector<std::string> allowed = settings.dispatcher.allow_networks;
  if (settings.dev) allowed.insert(allowed.end(), {"127.0.0.0/8", "::1/128"});
  return http::AddressPolicy::make(allowed);
}

// What follows of the role, and of other settings.
config::Loaded& settle(command::Role role, config::Loaded& loaded) {
  config::HistorySettings& history = loaded.settings.history;
  if (role == command::Role::gateway && !loaded.origins.contains("history.enabled")) history.enabled = false;
  if (history.dir.empty()) history.dir = loaded.settings.data + "/history";
  config::BackupSettings& backup = loaded.settings.backup;
  if (backup.dir.empty()) backup.dir = loaded.settings.data + "/backups";
  share_descriptors(raise_descriptor_limit(), role, loaded.settings);
  return loaded;
}

// What came of SIGHUP.
void tell(const Result<config::Running::Reloaded>& reloaded) {
  if (!reloaded) return logging::error("SIGHUP: the settings stay as they are: " + reloaded.error().message);
  for (const auto& [name, from, to] : reloaded->changed)
    logging::warn("SIGHUP: " + name + " is " + to + " now (it was " + from + ")");
  for (const std::string& name : reloaded->need_restart)
    logging::warn("SIGHUP: " + name + " is other now: it takes a restart, until then it stays as it was");
  if (reloaded->changed.empty() && reloaded->need_restart.empty()) logging::info("SIGHUP: no setting has changed");
}

std::string json_of(const std::map<std::string, std::string>& addresses) {
  std::string text;
  for (const auto& [name, address] : addresses)
    text += (text.empty() ? "" : ",") + ("\"" + name + "\":\"" + address + "\"");
  return "{" + text + "}\n";
}

}  // namespace

Runtime::Runtime(Role role, config::Sources sources, config::Loaded loaded, std::string print_ports, Signals& signals)
    : role_(role),
      running_(
          std::move(sources), settle(role, loaded), [role](config::Loaded& read) { settle(role, read); },
          [](const config::Settings& settings) { logging::set_level(settings.log_level); }),
      settings_(std::move(loaded.settings)),
      print_ports_(std::move(print_ports)),
      signals_(signals) {}

Runtime::~Runtime() = default;

bool Runtime::runs_gateway() const { return role_ == Role::serve || role_ == Role::gateway; }
bool Runtime::runs_api() const { return role_ == Role::api || (runs_gateway() && settings_.api.enabled); }
bool Runtime::runs_dispatcher() const { return role_ == Role::serve || role_ == Role::dispatcher; }

bool Runtime::uses_tls() const {
  return (runs_gateway() && !settings_.gateway.tls_cert_file.empty()) ||
         (runs_api() && !settings_.api.tls_cert_file.empty());
}

Result<void> Runtime::run() {
  allow_core_dumps(settings_.core_dumps);
  if (uses_tls() || ::isatty(STDERR_FILENO) == 0) signals_.take_hangups();  // a terminal that closes ends what it ran
  if (auto opened = open(); !opened) return opened;
  if (auto bound = bind_listeners(); !bound) {
    stop();
    return bound;
  }
  const auto reached = wait_for_log();
  if (!reached || !*reached) {
    stop();
    return reached ? Result<void>() : fail(reached.error());
  }
  open_roles();
  auto served = announce();
  if (served) served = serve();
  if (served) linger();
  stop();
  return served;
}

Result<void> Runtime::open() {
  logging::info(start_line(role_, settings_));
  const bool embedded = settings_.store.engine == "sqlite";
  if (embedded && role_ != Role::serve)
    return fail(Code::invalid,
                "roles in processes of their own need Kafka, because the embedded log belongs to one process: give "
                "--brokers HOST:PORT, or run certes serve");
  auto keys = open_sealer(settings_, role_ == Role::serve && (embedded || settings_.dev));
  if (!keys) return fail(keys.error());
  keys_.emplace(std::move(*keys));
  auto policy = address_policy(settings_);
  if (!policy) return fail(policy.error());
  addresses_.emplace(std::move(*policy));
  auto log = open_engine(settings_, clock_, metrics_);
  if (!log) return fail(log.error());
  log_ = std::move(*log);
  auto tracer = open_tracer(settings_, role_, clock_, metrics_);
  if (!tracer) return fail(tracer.error());
  tracer_ = std::move(*tracer);
  metrics::add_process_metrics(metrics_);
  add_setting_metrics(metrics_, running_);
  metrics_.gauge("certes_build_info", "The version that runs", {{"version", CERTES_VERSION}}).set(1);
  return {};
}

// What stands in files and may change: of certificates now and then, of settings when it is said.
void Runtime::look_again(bool hangup) {
  certificates_.look(hangup);
  if (hangup) tell(running_.reload());
}

Result<bool> Runtime::wait_for_log() {
  const auto bootstrap = [this](registry::Registry& registry) {
    return prepare_installation(registry, *keys_, settings_, role_ != Role::dispatcher);
  };
  connector_ = std::make_unique<Connector>(
      *log_, clock_, bootstrap, [this] { signals_.wake(); }, Millis{1'000},
      registry::RegistryOptions{settings_.audit.entries, settings_.registry.accept_empty});
  for (;;) {
    const auto event = signals_.wait(announced_ ? kHealthEvery : kQuietStart);
    if (event == Signals::Event::signal) return false;
    if (event == Signals::Event::timeout)
      if (auto told = announce(); !told) return fail(told.error());
    look_again(event == Signals::Event::hangup);
    if (auto outcome = connector_->take()) {
      if (!*outcome) return fail(outcome->error());
      registry_ = std::move(**outcome);
      watch_registry(*registry_, metrics_);
      connector_.reset();
      return true;
    }
  }
}

Result<void> Runtime::bind_listeners() {
  std::vector<Certificates::Listener> listeners;
  const auto start = [&](const char* name, auto& part) -> Result<void> {
    if (auto started = part.start(); !started) return started;
    bound_.push_back({name, "http", part.address()});
    return {};
  };
  const auto start_with_tls = [&](const char* name, auto& part) -> Result<void> {
    if (auto started = start(name, part); !started) return started;
    listeners.push_back({name, &part.server()});
    bound_.back().scheme = part.server().scheme();
    return {};
  };
  const std::function<void()> measure = [this] {
    if (dispatcher::Dispatcher* const dispatcher = measured_) dispatcher->measure();
  };
  const gateway::Frame frame{settings_, metrics_, clock_, &leaving_, measure};
  if (runs_gateway()) {
    gateway_ = std::make_unique<gateway::Gateway>(frame);
    if (auto started = start_with_tls("gateway", *gateway_); !started) return started;
  }
  if (runs_api()) {
    api_ = std::make_unique<api::Api>(frame);
    if (auto started = start_with_tls("api", *api_); !started) return started;
  }
  if (runs_dispatcher()) {
    scrapers_ = std::make_unique<gateway::Scrapers>(settings_, clock_);
    dispatcher_ = std::make_unique<dispatcher::Dispatcher>(dispatcher::Frame{
        settings_, metrics_, &leaving_, [this](const http::Request& request) { return scrapers_->refusal(request); }});
    measured_ = dispatcher_.get();
    if (auto started = start("dispatcher", *dispatcher_); !started) return started;
  }
  if (!settings_.metrics_listen.empty()) {
    metrics_listener_ = std::make_unique<MetricsListener>(
        settings_.metrics_listen, metrics_, [this] { return not_ready(); }, measure);
    if (auto started = start("metrics", *metrics_listener_); !started) return started;
  }
  std::vector<std::string> own;
  for (const Bound& bound : bound_) own.push_back(bound.address);
  addresses_->own_listeners().set(own);
  certificates_.watch(listeners);
  return {};
}

std::optional<std::string> Runtime::not_ready() const {
  std::optional<std::string> why;
  if (gateway_) why = gateway_->not_ready();
  if (!why && api_) why = api_->not_ready();
  if (!why && dispatcher_) why = dispatcher_->not_ready();
  return why;
}

void Runtime::open_roles() {
  std::function<std::optional<bool>(UnixMillis)> open_before;
  if (dispatcher_) open_before = [this](UnixMillis at) { return dispatcher_->may_be_open_before(at); };
  questions_ = std::make_unique<Questions>(*log_, clock_, dispatcher_.get(), gateway_.get());
  const gateway::Dependencies accepting{
      settings_, *log_,        *registry_, keys_->sealer,          metrics_,
      clock_,    *addresses_,  &leaving_,  std::move(open_before), &questions_->asker(),
      &running_, tracer_.get()};
  if (gateway_) gateway_->open(accepting);
  if (api_) api_->open(accepting);
  if (scrapers_) scrapers_->open(*registry_);
  if (dispatcher_) dispatcher_->open(delivering());
}

dispatcher::Dependencies Runtime::delivering() {
  auto failed = [this](const Error& error) {
    {
      const Lock lock(mutex_);
      if (!failure_) failure_ = error;
    }
    signals_.wake();
  };
  std::function<void(std::string_view)> trace;
  if (settings_.dev) trace = [](std::string_view line) { logging::info(line); };
  return {settings_,         *log_,     *registry_,   keys_->sealer, metrics_, clock_, *addresses_, std::move(trace),
          std::move(failed), &leaving_, tracer_.get()};
}

// Once, when they serve or when that takes long.
Result<void> Runtime::announce() {
  if (std::exchange(announced_, true)) return {};
  std::map<std::string, std::string> addresses;
  for (const Bound& bound : bound_) {
    (void)command::try_print_line("listening " + bound.name + " " + bound.scheme + "://" + bound.address);
    addresses[bound.name] = bound.address;
  }
  if (print_ports_.empty()) return {};
  auto written = replace_file(print_ports_, json_of(addresses));
  if (!written) return fail(std::move(written.error()).prefixed("--print-ports: "));
  return written;
}

std::map<std::string, std::string> Runtime::urls() const {
  std::map<std::string, std::string> urls;
  for (const Bound& bound : bound_) urls[bound.name] = bound.scheme + "://" + bound.address;
  return urls;
}

Result<void> Runtime::serve() {
  for (bool ready = false;;) {
    if (!ready && (!gateway_ || gateway_->warm()) && (!dispatcher_ || dispatcher_->warm())) {
      ready = true;
      (void)command::try_print_line("ready");
      logging::info(next_line(role_, settings_, urls()));
    }
    const auto event = signals_.wait(ready ? kHealthEvery : kWarmEvery);
    if (event == Signals::Event::signal) return {};
    look_again(event == Signals::Event::hangup);
    const Lock lock(mutex_);
    if (failure_) return fail(*failure_);
    if (auto broken = fatal_trouble(*log_)) return fail(std::move(*broken));
    if (auto broken = registry_->failure()) return fail(std::move(*broken));
  }
}

// Load balancers see that it is not ready, and send elsewhere, before it stops accepting.
void Runtime::linger() {
  leaving_ = true;
  logging::info(draining_line(dispatcher_ ? dispatcher_->in_flight() : 0, settings_));
  const SteadyTime until = clock_.now() + settings_.shutdown_delay;
  for (SteadyTime now = clock_.now(); now < until; now = clock_.now())
    if (signals_.wait(std::chrono::ceil<Millis>(until - now)) == Signals::Event::signal) LastResort::end_now();
}

void Runtime::stop() {
  const LastResort last_resort(signals_, settings_.drain_timeout);
  certificates_.watch({});
  const SteadyTime until = clock_.now() + settings_.drain_timeout;
  const auto left = [&] { return std::max(Millis{0}, std::chrono::ceil<Millis>(until - clock_.now())); };
  if (gateway_) gateway_->stop(left());
  if (api_) api_->stop(left());
  if (dispatcher_) dispatcher_->stop(left());
  if (questions_) questions_->stop();
  metrics_listener_.reset();
  connector_.reset();
  api_.reset();  // these two ask the dispatcher
  gateway_.reset();
  dispatcher_.reset();
  questions_.reset();
  tracer_.reset();
  registry_.reset();
  log_.reset();
}

}  // namespace certes
