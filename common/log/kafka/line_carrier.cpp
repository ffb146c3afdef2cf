#include "common/log/kafka/line_carrier.hpp"

#include <pthread.h>

#include <atomic>
#include <thread>

#include "common/log/kafka/logs_topic.hpp"
#include "common/log/names.hpp"

namespace certes::log::kafka {
namespace {

constexpr std::string_view kWatch = "watch";  // the kind of an announcement
constexpr Millis kAnnounceEvery{5'000}, kBelieved{15'000}, kLook{50};
constexpr int kAnnouncementsARound = 256;

std::int64_t ticks(SteadyTime at) { return at.time_since_epoch().count(); }

class KafkaLineCarrier final : public LineCarrier {
 public:
  KafkaLineCarrier(const Options& options, Client announcements, Client producer)
      : options_(options),
        topic_(lines_topic_name(options)),
        announcements_client_(std::move(announcements)),
        writing_(std::move(producer), topic_) {}

  ~KafkaLineCarrier() override { stop(); }

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

  bool carry(const Record& record) override { return writing_.append(kLines, record); }

 private:
  void run() {
    LogsReading announcements(std::move(announcements_client_), topic_, kAnnouncements, RD_KAFKA_OFFSET_BEGINNING);
    std::unique_ptr<LogsReading> lines;
    while (!stopping_) {
      follow_watchers(lines);
      hear(announcements, lines ? Millis{0} : kLook);
      if (lines)
        if (const RecordPtr record = lines->next(kLook)) take_(record);
      writing_.poll();
    }
  }

  // Questions and answers stand there, too: they are others' business.
  void hear(LogsReading& announcements, Millis limit) {
    for (int i = 0; i < kAnnouncementsARound; ++i) {
      const RecordPtr record = announcements.next(limit);
      if (!record) return;
      if (record->headers.get(names::kKind) == kWatch)
        wanted_until_ = ticks(std::chrono::steady_clock::now() + kBelieved);
    }
  }

  void follow_watchers(std::unique_ptr<LogsReading>& lines) {
    if (!watched_) return lines.reset();
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!lines) {
      auto client = make_client(options_, Role::reader, nullptr);
      if (!client) return;  // its settings were good when the process began
      lines = std::make_unique<LogsReading>(std::move(*client), topic_, kLines, RD_KAFKA_OFFSET_END);
      announce_at_ = now;
    }
    if (now < announce_at_) return;
    Record record;
    record.headers.add(names::kKind, kWatch);
    writing_.append(kAnnouncements, record);
    announce_at_ = now + kAnnounceEvery;
  }

  const Options options_;
  const std::string topic_;
  Client announcements_client_;  // until the thread begins
  LogsWriting writing_;
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
  auto producer = make_logs_producer(options, {Millis{5'000}, 8u << 20, 10'000});
  if (!producer) return fail(std::move(producer.error()));
  return std::unique_ptr<LineCarrier>(
      std::make_unique<KafkaLineCarrier>(options, std::move(*consumer), std::move(*producer)));
}

}  // namespace certes::log::kafka
