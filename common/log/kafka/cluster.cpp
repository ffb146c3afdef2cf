#include "common/log/kafka/cluster.hpp"

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

// Asks with the time that is left until the answer is no passing error.
template <class Ask>
rd_kafka_resp_err_t ask_until(Millis timeout, Ask ask) {
  const SteadyTime until = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    const auto left = std::chrono::duration_cast<Millis>(until - now);
    const rd_kafka_resp_err_t code = ask(std::max(1, timeout_ms(left)));
    if (!is_passing(code) || std::chrono::steady_clock::now() + kAskAgain >= until) return code;
    std::this_thread::sleep_for(kAskAgain);
  }
}

}  // namespace

Result<std::unique_ptr<Cluster>> Cluster::connect(const Options& options) {
  std::unique_ptr<Cluster> cluster(new Cluster(options));
  cluster->events_.error = [raw = cluster.get()](rd_kafka_resp_err_t code, const char* text) {
    raw->on_error(code, text);
  };
  auto client = make_client(options, Role::admin, &cluster->events_);
  if (!client.has_value()) return fail(std::move(client.error()));
  cluster->client_ = std::move(*client);
  cluster->away_ = Error(Code::unavailable, "kafka: not reached yet");
  cluster->watcher_ = std::thread([raw = cluster.get()] { raw->watch(); });
  return cluster;
}

Cluster::~Cluster() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  ended_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

void Cluster::on_error(rd_kafka_resp_err_t code, std::string_view text) {
  const Error error = to_error(code, "kafka", text);
  const std::lock_guard lock(mutex_);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) away_ = error;
  if (error.code != Code::unauthenticated) return;
  refused_ = error;
  refused_->message += authentication_hint(options_.kafka);
}

void Cluster::watch() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    probe();
    lock.lock();
    ended_.wait_for(lock, kProbeEvery, [this] { return ending_; });
  }
}

void Cluster::probe() {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, timeout_ms(kProbeLimit));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(metadata);
  rd_kafka_poll(client_.get(), 0);
  const std::lock_guard lock(mutex_);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    away_ = refused_ ? *refused_ : Error(Code::unavailable, "kafka: no broker answers");
    return;
  }
  away_.reset();
  refused_.reset();
}

Result<void> Cluster::health() const {
  const std::lock_guard lock(mutex_);
  if (away_) return fail(*away_);
  return {};
}

Result<std::int32_t> Cluster::prepare() {
  const std::lock_guard one(preparing_);
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client_.get(), 0, nullptr, &metadata, timeout_ms(kReachLimit));
  rd_kafka_poll(client_.get(), 0);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const std::lock_guard lock(mutex_);
    if (refused_) return fail(*refused_);
    return fail(Code::unavailable, "kafka: no broker answers at " + options_.kafka.brokers);
  }
  rd_kafka_metadata_destroy(metadata);
  auto partitions = Topics(client_.get(), options_).prepare(kPrepareLimit);
  if (partitions.has_value() || partitions.error().code != Code::timeout) return partitions;
  return fail(Code::unavailable, std::move(partitions.error().message));
}

Result<OffsetRange> Cluster::offsets(Topic topic, std::int32_t partition, Millis timeout) {
  OffsetRange range;
  const std::string name = topic_name(options_, topic);
  const auto code = ask_until(timeout, [&](int ms) {
    return rd_kafka_query_watermark_offsets(client_.get(), name.c_str(), partition, &range.start, &range.end, ms);
  });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(to_error(code, place(topic, partition) + ": offsets"));
  return range;
}

Result<std::int64_t> Cluster::offset_at(Topic topic, std::int32_t partition, UnixMillis at, Millis timeout) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  auto* entry = rd_kafka_topic_partition_list_add(list.get(), topic_name(options_, topic).c_str(), partition);
  const auto code = ask_until(timeout, [&](int ms) {
    entry->offset = at;
    const auto whole = rd_kafka_offsets_for_times(client_.get(), list.get(), ms);
    return whole ? whole : entry->err;
  });
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(to_error(code, place(topic, partition) + ": offset by time"));
  if (entry->offset >= 0) return entry->offset;
  const auto range = offsets(topic, partition, timeout);
  if (!range.has_value()) return fail(range.error());
  return range->end;
}

Result<void> Cluster::trim(Topic topic, std::int32_t partition, std::int64_t before, Millis timeout) {
  return delete_records(client_.get(), topic_name(options_, topic), partition, before, timeout);
}

}  // namespace certes::log::kafka
