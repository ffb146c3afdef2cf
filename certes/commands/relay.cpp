// certes relay: the listener and the pipeline behind it, until a signal.
#include <cstdlib>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/declarations.hpp"
#include "certes/core_dumps.hpp"
#include "certes/descriptors.hpp"
#include "certes/last_resort.hpp"
#include "certes/logging.hpp"
#include "certes/private_file.hpp"
#include "certes/signals.hpp"
#include "client/policy_reader.hpp"
#include "client/policy_table.hpp"
#include "client/relay/relay.hpp"
#include "common/base/random.hpp"
#include "common/config/toml.hpp"
#include "common/metrics/process_metrics.hpp"

namespace certes::command {
namespace {

constexpr Millis kLookEvery{1'000};

bool on_loopback(std::string_view listen) {
  return listen.starts_with("127.") || listen.starts_with("[::1]:") || listen.starts_with("localhost:");
}

Result<std::string> key_of(const config::RelaySettings& settings, const config::Sources& sources) {
  Connection connection;
  connection.key_file = settings.key_file;
  const auto found = sources.environment.find("CERTES_KEY");
  if (settings.key_file.empty() && found != sources.environment.end()) connection.key = found->second;
  return command::key_of(connection);
}

// What relay.policies_file says; with backoff.producer_policy if it is there.
struct LocalPolicies {
  client::Policies policies;
  bool global = false;  // it is among them
};

Result<LocalPolicies> local_policies(const config::Settings& settings) {
  client::PolicyTable table;
  if (!settings.relay.policies_file.empty()) {
    const std::string& file = settings.relay.policies_file;
    const auto text = config::read_file(file);
    if (!text) return fail(Error(text.error()).prefixed("relay.policies_file: "));
    std::vector<Declaration> declared;
    const auto variable = [](const std::string& name) -> std::optional<std::string> {
      const char* value = std::getenv(name.c_str());
      return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
    if (auto added = add_declarations(*text, file, variable, declared); !added) return fail(added.error());
    for (const Declaration& each : declared)
      if (auto added = table.add(each.kind, each.id, each.body); !added)
        return fail(std::move(added.error()).prefixed(each.place + ": "));
  }
  // Where the API is read too, the policy may be there.
  const std::string& global = settings.backoff_producer_policy;
  const bool here = table.named.contains(global);
  auto policies = table.applied_to({}, !here && !settings.relay.api_url.empty() ? "" : global);
  if (!policies) return fail(std::move(policies.error()));
  return LocalPolicies{std::move(*policies), here};
}

client::PipelineOptions pipeline_options(const config::RelaySettings& settings) {
  client::PipelineOptions options;
  options.forward.in_flight = settings.connections;
  options.forward.batch_events = settings.batch_events;
  options.max_events = settings.max_events;
  options.max_bytes = settings.max_bytes;
  options.seed = Random().bits();
  return options;
}

// Says what changes: the gateway goes or comes, events are given up. Main thread.
class Reporter {
 public:
  void look(const client::PipelineStatus& status) {
    if (status.last_error.empty() != last_error_.empty()) {
      if (status.last_error.empty())
        logging::info("the gateway accepts again; " + std::to_string(status.waiting_events) + " events wait");
      else if (!status.denied)
        logging::warn("the gateway does not accept: " + status.last_error + "; events wait in the spool");
    }
    last_error_ = status.last_error;
    look_at_key(status);
    if (status.refused > refused_)
      logging::warn(std::to_string(status.refused - refused_) +
                    " events were given up: certes relay rejected list shows them");
    refused_ = status.refused;
  }

 private:
  // Nothing but an operator ends this: it is said again every minute.
  void look_at_key(const client::PipelineStatus& status) {
    if (!status.denied) looks_denied_ = 0;
    if (status.denied && looks_denied_++ % kLooksPerMinute == 0)
      logging::error(
          "the gateway does not take this relay's key: " + status.last_error + "; " +
          std::to_string(status.waiting_events) +
          " events wait in the spool: mend the key (relay.key_file, CERTES_KEY) or its scopes and start again");
  }

  static constexpr int kLooksPerMinute = 60'000 / kLookEvery.count();
  std::string last_error_;
  int looks_denied_ = 0;
  std::uint64_t refused_ = 0;
};

class RelayProcess {
 public:
  RelayProcess(const config::Settings& settings, std::string key, Signals& signals)
      : settings_(settings),
        key_(std::move(key)),
        signals_(signals),
        meters_(metrics_, settings.relay.max_events, settings.relay.max_bytes) {
    metrics::add_process_metrics(metrics_);
  }

  Result<void> run(const std::string& print_ports) {
    if (auto opened = open(); !opened) return opened;
    if (auto started = relay_->start(); !started) return fail(std::move(started.error()).prefixed("relay.listen: "));
    (void)try_print_line("listening relay http://" + relay_->address());
    if (!print_ports.empty()) {
      auto written = replace_file(print_ports, "{\"relay\":\"" + relay_->address() + "\"}\n");
      if (!written) {
        stop();
        return fail(std::move(written.error()).prefixed("--print-ports: "));
      }
    }
    (void)try_print_line("ready");
    auto served = serve();
    stop();
    return served;
  }

 private:
  Result<void> open() {
    const config::RelaySettings& relay = settings_.relay;
    if (!relay.any_network && !on_loopback(relay.listen))
      return fail(Code::invalid,
                  "relay.listen: a relay asks for no key, so it listens on loopback unless relay.any_network is true");
    auto policies = local_policies(settings_);
    if (!policies) return fail(std::move(policies.error()));
    const auto transport = client::http_transport(
        {relay.gateway_url, key_, relay.ca_file, relay.request_timeout, relay.connections}, clock_);
    if (!transport) return fail(Error(transport.error()).prefixed("relay.gateway_url: "));
    auto spool = client::open_file_spool(relay.spool.empty() ? settings_.data + "/relay" : relay.spool);
    if (!spool) return fail(std::move(spool.error()).prefixed("relay.spool: "));
    client::RelayOptions options;
    options.listen = relay.listen;
    options.hosts = settings_.dev_hosts;
    options.max_body_bytes = relay.max_body_bytes;
    options.max_connections = connections_within(raise_descriptor_limit(), options.max_connections);
    pipeline_ = std::make_unique<client::Pipeline>(std::move(*spool), pipeline_options(relay), clock_, &meters_);
    relay_ = std::make_unique<client::Relay>(std::move(options), *pipeline_, metrics_, clock_);
    pipeline_->set_policies(policies->policies);
    if (auto started = pipeline_->start(*transport); !started) return started;
    if (relay.api_url.empty()) return {};
    reader_ = std::make_unique<client::PolicyReader>(
        client::PolicyReaderOptions{relay.api_url, key_, settings_.backoff_producer_policy, policies->global,
                                    std::move(policies->policies)},
        [this](client::Policies read) { pipeline_->set_policies(std::move(read)); },
        [](const Error& error) { logging::warn("back-off policies are not read: " + error.message); });
    return {};
  }

  Result<void> serve() {
    for (;;) {
      if (signals_.wait(kLookEvery) == Signals::Event::signal) return {};
      reporter_.look(pipeline_->status());
      if (auto failure = pipeline_->failure()) return fail(std::move(*failure));
    }
  }

  void stop() {
    const LastResort last_resort(signals_, settings_.drain_timeout);
    const SteadyTime until = clock_.now() + settings_.drain_timeout;
    const auto left = [&] { return std::max(Millis{0}, std::chrono::ceil<Millis>(until - clock_.now())); };
    reader_.reset();
    relay_->stop(left());
    const std::size_t waiting = pipeline_->close(left());
    if (waiting > 0) logging::info(std::to_string(waiting) + " events stay in the spool for the next start");
  }

  const config::Settings& settings_;
  const std::string key_;
  Signals& signals_;
  const SystemClock clock_;
  metrics::Metrics metrics_;
  client::ProducerMeters meters_;
  Reporter reporter_;
  // The relay answers through its server's loops what the pipeline tells it: the pipeline ends first.
  std::unique_ptr<client::Relay> relay_;
  std::unique_ptr<client::Pipeline> pipeline_;
  std::unique_ptr<client::PolicyReader> reader_;
};

}  // namespace

int run_command(const RelayRunOptions& options) {
  Signals signals;
  const auto settings = config::load(options.sources);
  if (!settings) return failed(settings.error());
  logging::start(settings->log_level, settings->log_format);
  allow_core_dumps(settings->core_dumps);
  auto key = key_of(settings->relay, options.sources);
  if (!key) return failed(key.error());
  const auto ran = RelayProcess(*settings, std::move(*key), signals).run(options.print_ports);
  if (ran) return kExitOk;
  failed(ran.error());
  return kExitFailure;  // a service has no other
}

}  // namespace certes::command
