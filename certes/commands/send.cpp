// certes send: one event to the gateway, tried again while the gateway is away.

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/data_argument.hpp"
#include "client/encoding.hpp"
#include "client/pipeline.hpp"
#include "common/base/ids.hpp"
#include "common/base/mutex.hpp"
#include "common/base/seconds.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr Millis kOverTime{30'000};  // for a request that began in time

// What is wrong with it, the gateway says.
Result<event::Event> event_of(const SendOptions& options, const Clock& clock) {
  event::Event event;
  event.type = options.type;
  event.client_id = options.id.empty() ? IdGenerator(clock).next("pub_") : options.id;
  event.source = options.source;
  event.subject = options.subject;
  event.partition_key = options.partition_key;
  event.time = format_rfc3339(clock.unix_millis());
  event.data_content_type = "application/json";
  event.data = "null";
  if (options.data.empty()) return event;
  const auto text = argument_text(options.data);
  if (!text) return fail(text.error());
  if (!options.content_type.empty()) {
    if (options.source.empty()) return fail(Code::invalid, "--content-type needs --source");
    event.data_content_type = options.content_type;
    event.data = *text;
    return event;
  }
  auto json = json_of_data(*text, options.text);
  if (!json && !is_text(*text)) json.error().message += "; --content-type TYPE sends it as it is";
  if (!json) return fail(std::move(json.error()));
  event.data = std::move(*json);
  return event;
}

client::Policies policies_of(const SendOptions& options) {
  client::Policies policies;
  policies.global.base_seconds = 0.2;
  policies.global.cap_seconds = 30;
  policies.global.max_seconds = options.retry_seconds;
  policies.global.max_attempts = options.retry_seconds > 0 ? options.max_attempts : 1;
  return policies;
}

int show(client::Ended ended, bool json) {
  if (!ended.accepted) {
    if (ended.status == 0) return failed({Code::unavailable, ended.answer});
    client::HttpAnswer answer;
    answer.status = ended.status;
    answer.body = ended.answer;
    return failed(client::error_of(answer));
  }
  // It went along with others from the spool, and the answer was to all of them.
  if (ended.answer.empty()) ended.answer = Json{{"id", ended.id}, {"status", "accepted"}}.dump();
  const Json accepted = json_or_null<Json>(ended.answer);
  if (json || !accepted.is_object()) {
    print_line(ended.answer);
    return kExitOk;
  }
  const bool duplicate = accepted.value("duplicate", false);
  print_line(accepted.value("id", std::string()) + (duplicate ? " (duplicate: accepted before)" : " accepted"));
  return kExitOk;
}

// What became of the event that this command sends; others in the spool are not its business.
class Watch {
 public:
  explicit Watch(std::string id) : id_(std::move(id)) {}
  void ended(const client::Ended& ended) {
    const Lock lock(mutex_);
    if (ended.id != id_ || ended_) return;
    ended_ = ended;
    changed_.notify_all();
  }
  std::optional<client::Ended> wait(Millis limit) {
    Lock lock(mutex_);
    changed_.wait_for(lock, limit, [this]() CERTES_REQUIRES(mutex_) { return ended_.has_value(); });
    return ended_;
  }

 private:
  const std::string id_;
  Mutex mutex_;
  Condition changed_;
  std::optional<client::Ended> ended_ CERTES_GUARDED_BY(mutex_);
};

Result<std::unique_ptr<client::Spool>> spool_of(const SendOptions& options) {
  if (options.spool.empty()) return client::make_memory_spool();
  auto spool = client::open_file_spool(options.spool);
  if (!spool) return fail(std::move(spool.error()).prefixed("--spool: "));
  return spool;
}

}  // namespace

int run_command(const SendOptions& options) {
  const SystemClock clock;
  auto event = event_of(options, clock);
  if (!event) return failed(event.error());
  const auto key = key_of(options.connection);
  if (!key) return failed(key.error());
  client::HttpTransportOptions way;
  way.url = options.connection.gateway_url;
  way.key = *key;
  way.ca_file = options.connection.ca_file;
  const auto transport = client::http_transport(way, clock);
  if (!transport) return failed(transport.error());
  auto spool = spool_of(options);
  if (!spool) return failed(spool.error());
  Watch watch(event->client_id);
  client::PipelineOptions made;
  made.forward.retry_denied = !options.spool.empty();  // who waits for the answer is told at once
  made.on_end = [&watch](const client::Ended& ended) { watch.ended(ended); };
  client::Pipeline pipeline(std::move(*spool), made, clock, nullptr);
  // With a spool the event is kept beyond this command: it is not given up, only waited for no longer.
  client::Policies policies = options.spool.empty() ? policies_of(options) : client::Policies{};
  pipeline.set_policies(policies);
  if (auto started = pipeline.start(*transport); !started) return failed(started.error());
  const std::string id = event->client_id;
  client::Item item = client::item_of(std::move(*event));
  if (const std::string& tenant = options.connection.tenant; !tenant.empty())
    item.path = "/t/" + client::percent_encode(tenant) + "/events";
  if (auto stored = pipeline.publish({std::move(item)}); !stored) return failed(stored.error());
  const Millis patience = millis_of(options.retry_seconds);
  if (const auto ended = watch.wait(options.spool.empty() ? patience + kOverTime : patience))
    return show(*ended, options.connection.json);
  if (options.spool.empty()) return failed({Code::timeout, "the gateway does not answer"});
  print_line(id + " waits in " + options.spool + ": " + pipeline.status().last_error);
  return kExitOk;
}

}  // namespace certes::command
