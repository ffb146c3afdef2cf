#include "common/log/kafka/client.hpp"

#include <spdlog/spdlog.h>

#include <fstream>
#include <thread>

#include "common/log/kafka/errors.hpp"

namespace certes::log::kafka {
namespace {

// Collects settings into a librdkafka configuration; remembers the first that was refused.
class Settings {
 public:
  Settings() : conf_(rd_kafka_conf_new()) {}

  void set(const char* name, const std::string& value, std::string_view ours = {}) {
    if (error_) return;
    char text[512];
    const auto result = rd_kafka_conf_set(conf_.get(), name, value.c_str(), text, sizeof text);
    if (result == RD_KAFKA_CONF_OK) return;
    const std::string named(ours.empty() ? std::string_view(name) : ours);
    error_ = Error(Code::invalid, named + ": " + text, named);
  }
  void set_if_known(const char* name, const std::string& value) {
    if (rd_kafka_conf_set(conf_.get(), name, value.c_str(), nullptr, 0) != RD_KAFKA_CONF_UNKNOWN) set(name, value);
  }
  void set(const char* name, std::int64_t value) { set(name, std::to_string(value)); }
  void set_if(const char* name, const std::string& value, std::string_view ours) {
    if (!value.empty()) set(name, value, ours);
  }
  void fail(Error error) {
    if (!error_) error_ = std::move(error);
  }

  rd_kafka_conf_t* conf() { return conf_.get(); }
  const std::optional<Error>& error() const { return error_; }
  Conf take() { return std::move(conf_); }

 private:
  Conf conf_;
  std::optional<Error> error_;
};

// What the engine's promises rest on; [kafka.properties] may not say otherwise.
constexpr std::string_view kOurs[] = {"acks",
                                      "request.required.acks",
                                      "auto.offset.reset",
                                      "bootstrap.servers",
                                      "enable.auto.commit",
                                      "enable.auto.offset.store",
                                      "enable.idempotence",
                                      "group.id",
                                      "group.instance.id",
                                      "message.timeout.ms",
                                      "delivery.timeout.ms",
                                      "metadata.broker.list",
                                      "partition.assignment.strategy",
                                      "session.timeout.ms",
                                      "transactional.id",
                                      "allow.auto.create.topics",
                                      "enable.partition.eof"};

void connection(Settings& to, const config::KafkaSettings& kafka) {
  to.set("bootstrap.servers", kafka.brokers, "kafka.brokers");
  to.set("client.id", "certes");
  to.set("socket.nagle.disable", "true");
  to.set("socket.keepalive.enable", "true");
  to.set("socket.timeout.ms", 10'000);
  to.set("reconnect.backoff.ms", 100);
  to.set("reconnect.backoff.max.ms", 1'000);
  to.set("log.connection.close", "false");
  to.set("topic.metadata.refresh.interval.ms", 10'000);  // partitions that are added are soon known
}

std::string password(Settings& to, const std::string& file) {
  std::ifstream in(file);
  std::string text;
  if (!in || !std::getline(in, text))
    to.fail({Code::invalid, "kafka.sasl_password_file: cannot read " + file, "kafka.sasl_password_file"});
  return text;
}

void security(Settings& to, const config::KafkaSettings& kafka) {
  to.set_if("security.protocol", kafka.security_protocol, "kafka.security_protocol");
  to.set_if("sasl.mechanism", kafka.sasl_mechanism, "kafka.sasl_mechanism");
  to.set_if("sasl.username", kafka.sasl_username, "kafka.sasl_username");
  if (!kafka.sasl_password_file.empty())
    to.set("sasl.password", password(to, kafka.sasl_password_file), "kafka.sasl_password_file");
  to.set_if("ssl.ca.location", kafka.ca_file, "kafka.ca_file");
  to.set_if("ssl.certificate.location", kafka.cert_file, "kafka.cert_file");
  to.set_if("ssl.key.location", kafka.key_file, "kafka.key_file");
}

std::size_t largest_message_bytes(const Options& options) {
  return std::max(max_message_bytes(options, Topic::dead_letters), max_message_bytes(options, Topic::progress));
}

// What one batch may unpack to, librdkafka's default: others' compressed batches are small for a topic, large for us.
constexpr std::size_t kUnpackedBytes = 100'000'000;

// Of one partition by one fetch; a batch that is larger comes all the same.
std::int64_t fetch_bytes(Role role, std::int64_t largest) {
  constexpr std::int64_t kWindowBytes = 1 << 20;
  if (role == Role::points) return kPointBytes;
  return role == Role::windows ? kWindowBytes : std::max(kWindowBytes, largest);
}

// Every start position is explicit, and nothing is committed but by us.
void consumer(Settings& to, const Options& options, Role role) {
  const std::size_t largest = largest_message_bytes(options);
  const std::size_t fetch = std::max<std::size_t>(4u << 20, 2 * largest);
  to.set("enable.auto.commit", "false");
  to.set("enable.auto.offset.store", "false");
  to.set("auto.offset.reset", "error");
  to.set("enable.partition.eof", "true");  // tells where reading stands behind what is never given
  to.set("allow.auto.create.topics", "false");
  to.set("message.max.bytes", static_cast<std::int64_t>(largest));
  to.set("fetch.message.max.bytes", fetch_bytes(role, static_cast<std::int64_t>(largest)));
  to.set("fetch.max.bytes", static_cast<std::int64_t>(fetch));
  to.set("receive.message.max.bytes", static_cast<std::int64_t>(std::max(kUnpackedBytes, 2 * fetch)));
  // A partition that is started waits for the running fetch.
  to.set("fetch.wait.max.ms", role == Role::follower || role == Role::questions ? 500 : 50);
  if (role == Role::follower) to.set("fetch.min.bytes", 256 << 10);
  to.set("fetch.error.backoff.ms", 100);
  to.set("queued.min.messages", prefetch_of(role).records);
  to.set("queued.max.messages.kbytes", prefetch_of(role).bytes / 1'024);
  to.set_if_known("fetch.queue.backoff.ms", "5");  // a second by default, before 2.2 always: prefetch.hpp
}

void member(Settings& to, const config::KafkaSettings& kafka) {
  const auto session_ms = kafka.session_timeout.count();
  to.set("group.id", group_of(kafka), "kafka.group");
  to.set_if("group.instance.id", kafka.instance, "dispatcher.instance");
  to.set("partition.assignment.strategy", "range");
  to.set("session.timeout.ms", std::to_string(session_ms), "kafka.session_timeout_seconds");
  to.set("heartbeat.interval.ms", std::clamp<std::int64_t>(session_ms / 5, 100, 3'000));
  // A dispatcher whose core loop hangs lets others have its partitions.
  to.set("max.poll.interval.ms", std::max<std::int64_t>(60'000, 2 * session_ms));
}

void producer(Settings& to, const Options& options, Role role, ClientLimits limits) {
  const std::size_t smallest = max_message_bytes(options, Topic::events);
  to.set("acks", role == Role::lines ? "0" : "all");
  to.set("message.timeout.ms", limits.message_timeout.count());
  to.set("request.timeout.ms", 10'000);
  to.set("message.max.bytes", static_cast<std::int64_t>(largest_message_bytes(options)));
  // A batch must fit every topic.
  to.set("batch.size", static_cast<std::int64_t>(std::min<std::size_t>(1'000'000, smallest - 4'096)));
  // The appender counts for itself; these stand above what it lets through.
  to.set("queue.buffering.max.messages", static_cast<std::int64_t>(limits.queue_records + 1));
  to.set("queue.buffering.max.kbytes",
         std::clamp<std::int64_t>(static_cast<std::int64_t>(limits.queue_bytes / 512), 8'192, 2'097'151));
  if (role == Role::lines)
    to.set("partitioner", "murmur2_random");
  else
    to.set("sticky.partitioning.linger.ms", 0);  // Spread says where
  to.set("retry.backoff.ms", 50);
  to.set("enable.idempotence", role == Role::ordered ? "true" : "false");
  to.set("linger.ms", role == Role::immediate ? "0" : role == Role::batching ? "0.5" : "1");
}

void pass_through(Settings& to, const config::KafkaSettings& kafka) {
  for (const auto& [name, value] : kafka.properties) {
    const std::string ours = "kafka.properties." + name;
    if (std::find(std::begin(kOurs), std::end(kOurs), name) != std::end(kOurs))
      to.fail({Code::invalid, ours + ": is set by Certes, which relies on its value", ours});
    else
      to.set(name.c_str(), value, ours);
  }
}

ClientEvents* events_of(void* opaque) { return static_cast<ClientEvents*>(opaque); }

void on_error(rd_kafka_t*, int code, const char* text, void* opaque) {
  if (auto* events = events_of(opaque); events && events->error)
    events->error(static_cast<rd_kafka_resp_err_t>(code), text);
}
void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  events_of(opaque)->delivery(*message);
}
void on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  events_of(opaque)->rebalance(code, *partitions);
}
// What matters comes as an error or an outcome; librdkafka's own lines are for whoever looks for the cause.
void on_log(const rd_kafka_t*, int, const char* facility, const char* text) {
  spdlog::debug("kafka {}: {}", facility, text);
}

void callbacks(rd_kafka_conf_t* conf, Role role, ClientEvents* events) {
  rd_kafka_conf_set_opaque(conf, events);
  rd_kafka_conf_set_log_cb(conf, on_log);
  rd_kafka_conf_set_error_cb(conf, on_error);
  if (role == Role::member) rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
  if (events && events->delivery) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
}

bool produces(Role role) {
  return role == Role::ordered || role == Role::immediate || role == Role::batching || role == Role::lines;
}

Settings settings_of(const Options& options, Role role, ClientLimits limits) {
  Settings settings;
  connection(settings, options.kafka);
  security(settings, options.kafka);
  if (produces(role))
    producer(settings, options, role, limits);
  else
    consumer(settings, options, role);
  if (role == Role::member) member(settings, options.kafka);
  pass_through(settings, options.kafka);
  return settings;
}

}  // namespace

Prefetch prefetch_of(Role role) {
  // What is picked ends by what was asked for: these are out of reach, as a threshold would rest a second.
  if (role == Role::points || role == Role::windows) return {1'000'000, std::int64_t{2'097'151} * 1'024};
  return role == Role::events ? Prefetch{10'000, 16 << 20} : Prefetch{10'000, 4 << 20};
}

bool rests_when_full() {
  constexpr int kFixed = 0x02020000;
  return rd_kafka_version() < kFixed;
}

Result<void> check_settings(const Options& options) {
  for (const Role role : {Role::admin, Role::events, Role::reader, Role::follower, Role::points, Role::windows,
                          Role::member, Role::ordered, Role::immediate, Role::batching, Role::lines}) {
    const Settings settings = settings_of(options, role, {});
    if (settings.error()) return fail(*settings.error());
  }
  return {};
}

Result<Client> make_client(const Options& options, Role role, ClientEvents* events, ClientLimits limits) {
  Settings settings = settings_of(options, role, limits);
  if (settings.error()) return fail(*settings.error());
  callbacks(settings.conf(), role, events);

  char text[512];
  Conf conf = settings.take();
  Client client(rd_kafka_new(produces(role) ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf.get(), text, sizeof text));
  if (!client) return fail(Code::invalid, std::string("kafka: ") + text, "kafka");
  (void)conf.release();  // the client's now
  return client;
}

void let_go(Client client) {
  rd_kafka_set_log_level(client.get(), -1);  // its threads may see this process end
  std::thread([raw = client.release()] { rd_kafka_destroy_flags(raw, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }).detach();
}

void know_leaders(rd_kafka_t* client) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client, 0, nullptr, &metadata, 300) == RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_metadata_destroy(metadata);
}

std::size_t max_message_bytes(const Options& options, Topic topic) {
  constexpr std::size_t kEvents = 64u << 10, kDerived = 128u << 10;
  if (topic == Topic::events) return options.max_body_bytes + kEvents;
  // Checkpoints and snapshots come in chunks that do not depend on events.
  if (topic == Topic::registry || topic == Topic::progress)
    return std::max<std::size_t>(options.max_body_bytes, 1u << 20) + kDerived;
  return options.max_body_bytes + kDerived;
}

std::size_t max_record_bytes(const Options& options, Topic topic) {
  constexpr std::size_t kOverhead = 1'024;  // of a batch and a record; headers take no more there than in Record::size
  return max_message_bytes(options, topic) - kOverhead;
}

std::string topic_name(const Options& options, Topic topic) {
  return options.kafka.prefix + std::string(to_string(topic));
}

std::string lines_topic_name(const Options& options) { return options.kafka.prefix + "logs"; }

std::string group_of(const config::KafkaSettings& kafka) {
  return kafka.group.empty() ? kafka.prefix + "dispatcher" : kafka.group;
}

}  // namespace certes::log::kafka
