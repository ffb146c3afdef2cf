#include "common/log/kafka/line_carrier.hpp"

#include <pthread.h>

#include <atomic>
#include <thread>

#include "common/log/kafka/client.hpp"
#include "common/log/kafka/codec.hpp"
#include "common/log/names.hpp"

namespace certes::log::kafka {
namespace {

constexpr std::int32_t kAnnouncements = 0, kLines = 1;
constexpr std::string_view kWatch = "watch";  // the kind of an announcement
constexpr Millis kAnnounceEvery{5'000}, kBelieved{15'000}, kLook{50}, kPause{1'000};

std::int64_t ticks(SteadyTime at) { return at.time_since_epoch().count(); }

// A partition that is read, by a client of its own. Announcements can wait half a second for their fetch, and cost next
// to nothing; lines are fetched as they come, while somebody watches.
class Reading {
 public:
  Reading(Client client, const std::string& topic, std::int32_t partition, std::int64_t from)
      : partition_(partition),
        from_(from),
        client_(std::move(client)),
        queue_(rd_kafka_queue_new(client_.get())),
        topic_(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr)) {
    begin();
  }
  ~Reading() {
    rd_kafka_consume_stop(topic_.get(), partition_);
    queue_.reset();
    topic_.reset();
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  // The next record; null: none came within that time.
  RecordPtr next(Millis limit) {
    const Message message(rd_kafka_consume_queue(queue_.get(), static_cast<int>(limit.count())));
    rd_kafka_poll(client_.get(), 0);
    if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return to_record(*message, Topic::events);
    if (message) broken_ = true;
    if (broken_) restart();
    return nullptr;
  }

 private:
  void begin() { rd_kafka_consume_start_queue(topic_.get(), partition_, from_, queue_.get()); }
  // What was to be read has expired, or cannot be read: it begins anew, once in a while. Passing trouble librdkafka
  // mends by itself.
  void restart() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now < restart_at_) return;
    restart_at_ = now + kPause;
    broken_ = false;
    rd_kafka_consume_stop(topic_.get(), partition_);
    begin();
  }

  const std::int32_t partition_;
  const std::int64_t from_;  // RD_KAFKA_OFFSET_…
  const Client client_;
  Queue queue_;
  TopicHandle topic_;
  bool broken_ = false;
  SteadyTime restart_at_{};
};

class KafkaLineCarrier final : public LineCarrier {
 public:
  KafkaLineCarrier(const Options& options, Client announcements, Client producer)
      : options_(options),
        topic_(lines_topic_name(options)),
        announcements_client_(std::move(announcements)),
        producer_(std::move(producer)),
        to_(rd_kafka_topic_new(producer_.get(), topic_.c_str(), nullptr)) {}

  ~KafkaLineCarrier() override {
    stop();
    to_.reset();
    rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  }

  void start(Take take) override {
    take_ = std::move(take);
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "certes-lines");
  }

  void stop() override {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  void watch(bool watched) override { watched_ = watched; }

  bool wanted() const override {
    return watched_.load(std::memory_order_relaxed) ||
           ticks(std::chrono::steady_clock::now()) < wanted_until_.load(std::memory_order_relaxed);
  }

  bool carry(const Record& record) override { return send(kLines, record); }

 private:
  bool send(std::int32_t partition, const Record& record) {
    RdHeaders headers = to_headers(record.headers);
    rd_kafka_vu_t parts[5];
    std::size_t count = 0;
    parts[count].vtype = RD_KAFKA_VTYPE_RKT;
    parts[count++].u.rkt = to_.get();
    parts[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[count++].u.i32 = partition;
    parts[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[count++].u.i = RD_KAFKA_MSG_F_COPY;
    parts[count].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[count++].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
    if (headers) {
      parts[count].vtype = RD_KAFKA_VTYPE_HEADERS;
      parts[count++].u.headers = headers.get();
    }
    const RdError error(rd_kafka_produceva(producer_.get(), parts, count));
    if (error) return false;
    (void)headers.release();  // the producer's now
    return true;
  }

  void run() {
    Reading announcements(std::move(announcements_client_), topic_, kAnnouncements, RD_KAFKA_OFFSET_BEGINNING);
    std::unique_ptr<Reading> lines;
    while (!stopping_) {
      follow_watchers(lines);
      const Millis limit = lines ? Millis{0} : kLook;
      while (const RecordPtr record = announcements.next(limit))
        if (record->headers.get(names::kKind) == kWatch)
          wanted_until_ = ticks(std::chrono::steady_clock::now() + kBelieved);
      if (lines)
        if (const RecordPtr record = lines->next(kLook)) take_(record);
      rd_kafka_poll(producer_.get(), 0);
    }
  }

  void follow_watchers(std::unique_ptr<Reading>& lines) {
    if (!watched_) return lines.reset();
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!lines) {
      auto client = make_client(options_, Role::reader, nullptr);
      if (!client) return;  // its settings were good when the process began
      lines = std::make_unique<Reading>(std::move(*client), topic_, kLines, RD_KAFKA_OFFSET_END);
      announce_at_ = now;
    }
    if (now < announce_at_) return;
    Record record;
    record.headers.add(names::kKind, kWatch);
    send(kAnnouncements, record);
    announce_at_ = now + kAnnounceEvery;
  }

  const Options options_;
  const std::string topic_;
  Client announcements_client_;  // until the thread begins
  const Client producer_;
  TopicHandle to_;
  std::atomic<bool> watched_{false}, stopping_{false};
  std::atomic<std::int64_t> wanted_until_{0};  // by steady clock

  // The thread's.
  Take take_;
  SteadyTime announce_at_{};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<LineCarrier>> make_line_carrier(const Options& options) {
  auto consumer = make_client(options, Role::follower, nullptr);
  if (!consumer) return fail(std::move(consumer.error()));
  ClientLimits limits;
  limits.message_timeout = Millis{5'000};
  limits.queue_bytes = 8u << 20;
  limits.queue_records = 10'000;
  auto producer = make_client(options, Role::lines, nullptr, limits);
  if (!producer) return fail(std::move(producer.error()));
  return std::unique_ptr<LineCarrier>(
      std::make_unique<KafkaLineCarrier>(options, std::move(*consumer), std::move(*producer)));
}

}  // namespace certes::log::kafka
