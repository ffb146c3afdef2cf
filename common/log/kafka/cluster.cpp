#include "common/log/kafka/cluster.hpp"

#include "common/base/number.hpp"
#include "common/log/kafka/admin.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/topics.hpp"

namespace certes::log::kafka {
namespace {

constexpr Millis kProbeEvery{1'000};
constexpr Millis kProbeLimit{1'500};
constexpr Millis kReachLimit{3'000};
constexpr Millis kPrepareLimit{6'000};
constexpr Millis kAskAgain{50};

int timeout_ms(Millis timeout) { return static_cast<int>(timeout.count()); }

std::string place(Topic topic, std::int32_t partition) {
  return std::string(to_string(topic)) + "[" + std::to_string(partition) + "]";
}

// What is most likely to be mended.
const char* setting_of(rd_kafka_resp_err_t code, std::string_view text) {
  if (code != RD_KAFKA_RESP_ERR__SSL) return "kafka.sasl_username";
  return text.find("certificate") != std::string_view::npos ? "kafka.ca_file" : "kafka.security_protocol";
}

}  // namespace

Result<std::unique_ptr<Cluster>> Cluster::connect(const Options& options, Troubles& troubles) {
  std::unique_ptr<Cluster> cluster(new Cluster(options, troubles));
  cluster->events_.error = [raw = cluster.get()](rd_kafka_resp_err_t code, const char* text) {
    raw->on_error(code, text);
  };
  auto client = make_client(options, Role::admin, &cluster->events_);
  if (!client.has_value()) return fail(std::move(client.error()));
  cluster->client_ = std::move(*client);
  cluster->topics_.emplace(cluster->client_.get(), options, troubles);
  {
    const Lock lock(cluster->mutex_);
    cluster->away_ = Error(Code::unavailable, "kafka: not reached yet");
  }
  cluster->watcher_ = std::thread([raw = cluster.get()] { raw->watch(); });
  return cluster;
}

Cluster::~Cluster() {
  {
    const Lock lock(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

void Cluster::on_error(rd_kafka_resp_err_t code, std::string_view text) {
  Error error = to_error(code, "kafka", text);
  const Lock lock(mutex_);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;  // how, others say
  last_error_ = our_names(text) + std::string(connection_hint(options_.kafka, text));
  if (error.code != Code::unauthenticated) return;
  error.message = "kafka: " + last_error_ + std::string(authentication_hint(options_.kafka));
  error.pointer = setting_of(code, text);
  refused_ = std::move(error);
}

Error Cluster::no_answer() const {
  if (refused_) return *refused_;
  return {Code::unavailable,
          "kafka: no broker answers at " + options_.kafka.brokers + (last_error_.empty() ? "" : ": " + last_error_)};
}

void Cluster::watch() {
  Lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    probe();
    lock.lock();
    ended_.wait_for(lock, kProbeEvery, [this]() CERTES_REQUIRES(mutex_) { return ending_; });
  }
}

void Cluster::probe() {
  const auto looked = topics_->look(kProbeLimit);
  rd_kafka_poll(client_.get(), 0);
  std::optional<Error> away;
  {
    const Lock lock(mutex_);
    if (!looked.has_value()) {
      away = no_answer();
    } else {
      refused_.reset();
      last_error_.clear();
    }
    away_ = away;
  }
  if (!topics_->begun()) return;
  if (away)
    troubles_.met("", "away", away->message + "; events are answered 503, and deliveries rest, until it is back");
  else
    troubles_.over("", "away", "kafka answers again");
}

// What is old goes with its whole segment, which ends after segment.ms. Of `events` it is dispatchers that trim.
Result<std::optional<Millis>> Cluster::kept_for(Topic topic, Millis timeout) {
  const TopicSpec spec = topic_specs(options_)[static_cast<std::size_t>(topic)];
  auto found = describe_topics(client_.get(), {spec}, timeout);
  if (!found) return fail(std::move(found.error()));
  auto& config = (*found)[spec.name];
  const auto millis = [&](const char* setting) { return parse_whole<std::int64_t>(config[setting]).value_or(-1); };
  std::int64_t kept = millis("retention.ms");
  if (kept < 0 && topic == Topic::events) kept = options_.retention.events.count();
  const std::int64_t segment = millis("segment.ms");
  if (kept < 0 || segment < 0) return std::nullopt;
  return Millis{kept + segment};
}

Result<void> Cluster::health() const {
  const Lock lock(mutex_);
  if (away_) return fail(*away_);
  return {};
}

Result<void> Cluster::reach() {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, timeout_ms(kReachLimit));
  rd_kafka_poll(client_.get(), 0);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    rd_kafka_metadata_destroy(metadata);
    return {};
  }
  const Lock lock(mutex_);
  return fail(no_answer());
}

Result<void> Cluster::prepare() {
  const Lock one(preparing_);
  if (auto reached = reach(); !reached.has_value()) return reached;
  auto partitions = Topics(client_.get(), options_).prepare(kPrepareLimit);
  if (partitions.has_value()) {
    topics_->begin(*partitions);
    const Lock lock(mutex_);
    away_.reset();
    return {};
  }
  if (partitions.error().code == Code::timeout) partitions.error().code = Code::unavailable;
  return fail(std::move(partitions.error()));
}

// Asks with the time that is left until the answer is no passing error; not at all while nobody answers.
Result<std::int64_t> Cluster::ask(Topic topic, std::int32_t partition, UnixMillis at, SteadyTime until) {
  if (auto there = health(); !there.has_value()) return fail(std::move(there.error()));
  const std::string name = topic_name(options_, topic);
  for (;;) {
    const auto left = std::chrono::duration_cast<Millis>(until - std::chrono::steady_clock::now());
    std::int64_t offset = kNoOffset;
    const auto code = ask_offset(client_.get(), name, partition, at, std::max(Millis{1}, left), offset);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return offset;
    if (!is_passing(code) || std::chrono::steady_clock::now() + kAskAgain >= until)
      return fail(to_error(code, place(topic, partition) + ": offsets"));
    std::this_thread::sleep_for(kAskAgain);
  }
}

Result<OffsetRange> Cluster::offsets(Topic topic, std::int32_t partition, Millis timeout) {
  const SteadyTime until = std::chrono::steady_clock::now() + timeout;
  const auto end = ask(topic, partition, kEnd, until);
  if (!end.has_value()) return fail(end.error());
  const auto start = ask(topic, partition, kBegin, until);
  if (!start.has_value()) return fail(start.error());
  return OffsetRange{*start, std::max(*start, *end)};
}

Result<std::int64_t> Cluster::offset_at(Topic topic, std::int32_t partition, UnixMillis at, Millis timeout) {
  const SteadyTime until = std::chrono::steady_clock::now() + timeout;
  auto offset = ask(topic, partition, std::max<UnixMillis>(0, at), until);
  if (!offset.has_value() || *offset >= 0) return offset;
  return ask(topic, partition, kEnd, until);  // there is none
}

Result<void> Cluster::trim(Topic topic, std::int32_t partition, std::int64_t before, Millis timeout) {
  return delete_records(client_.get(), topic_name(options_, topic), partition, before, timeout);
}

}  // namespace certes::log::kafka
