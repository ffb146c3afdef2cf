#include "common/log/kafka/kafka_log.hpp"

#include "common/base/mutex.hpp"
#include "common/log/kafka/appender.hpp"
#include "common/log/kafka/cluster.hpp"
#include "common/log/kafka/fetcher.hpp"
#include "common/log/kafka/line_carrier.hpp"
#include "common/log/kafka/member.hpp"
#include "common/log/kafka/picker.hpp"
#include "common/log/kafka/question_carrier.hpp"
#include "common/log/kafka/reader.hpp"
#include "common/log/kafka/troubles.hpp"

namespace certes::log::kafka {
namespace {

class KafkaLog final : public Log, public LineSource, public QuestionSource {
 public:
  KafkaLog(Options options, const Clock& clock)
      : options_(std::move(options)),
        troubles_(clock, options_.metrics),
        damage_(clock, options_.on_damaged, options_.metrics) {}

  Result<void> connect() {
    auto cluster = Cluster::connect(options_, troubles_);
    if (!cluster.has_value()) return fail(std::move(cluster.error()));
    cluster_ = std::move(*cluster);
    return {};
  }

  std::string_view engine() const override { return "kafka"; }
  Result<void> prepare() override { return cluster_->prepare(); }
  std::int32_t partitions() const override { return cluster_->partitions(); }
  bool exact_deduplication() const override { return false; }
  std::size_t max_record_bytes(Topic topic) const override { return kafka::max_record_bytes(options_, topic); }

  std::unique_ptr<Appender> appender(AppenderOptions limits, Wake wake) override {
    return std::make_unique<KafkaAppender>(options_, limits, cluster_->partitions(), troubles_, std::move(wake));
  }
  std::unique_ptr<Reader> reader(Topic topic, std::int32_t partition, std::int64_t from, Wake wake) override {
    return std::make_unique<KafkaReader>(fetchers_, Role::reader, troubles_, damage_, topic, partition, from,
                                         std::move(wake));
  }
  std::unique_ptr<Reader> follower(Topic topic, std::int32_t partition, std::int64_t from) override {
    return std::make_unique<KafkaReader>(followers_, Role::follower, troubles_, damage_, topic, partition, from,
                                         Wake{});
  }
  std::unique_ptr<Picker> picker(Wake wake) override {
    return std::make_unique<KafkaPicker>(options_, *cluster_, troubles_, damage_, std::move(wake));
  }
  std::unique_ptr<Member> join(MemberHandler& handler, Wake wake) override {
    return std::make_unique<KafkaMember>(options_, troubles_, damage_, handler, std::move(wake));
  }
  Millis session_timeout() const override { return options_.kafka.session_timeout; }

  std::string group() const override { return group_of(options_.kafka); }

  Result<OffsetRange> offsets(Topic topic, std::int32_t partition, Millis timeout) override {
    return cluster_->offsets(topic, partition, timeout);
  }
  Result<std::int64_t> offset_at(Topic topic, std::int32_t partition, UnixMillis at, Millis timeout) override {
    return cluster_->offset_at(topic, partition, at, timeout);
  }
  Result<void> trim(Topic topic, std::int32_t partition, std::int64_t before, Millis timeout) override {
    return cluster_->trim(topic, partition, before, timeout);
  }
  Result<void> erase(Topic, std::int32_t, std::vector<OffsetRange>, Millis) override {
    return fail(Code::invalid, "kafka cannot erase records in the middle of a partition: it trims from the start");
  }
  Result<std::optional<Millis>> kept_for(Topic topic, Millis timeout) override {
    return cluster_->kept_for(topic, timeout);
  }
  Result<void> health() const override { return cluster_->health(); }
  LineCarrier* line_carrier() override {
    const Lock lock(mutex_);
    if (!lines_)
      if (auto made = make_line_carrier(options_); made.has_value()) lines_ = std::move(*made);
    return lines_.get();
  }
  std::unique_ptr<QuestionCarrier> question_carrier() override {
    auto made = make_question_carrier(options_);
    return made ? std::move(*made) : nullptr;
  }

 private:
  const Options options_;
  Troubles troubles_;
  Damage damage_;
  Fetchers fetchers_{options_, Role::reader};
  Fetchers followers_{options_, Role::follower};
  std::unique_ptr<Cluster> cluster_;
  Mutex mutex_;
  std::unique_ptr<LineCarrier> lines_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<Log>> open(Options options, const Clock& clock) {
  if (options.kafka.brokers.empty()) return fail(Code::invalid, "kafka.brokers is not set", "kafka.brokers");
  if (options.kafka.partitions < 1)
    return fail(Code::invalid, "kafka.partitions must be at least 1", "kafka.partitions");
  // So that a wrong setting shows now, and not when the first appender is made.
  if (auto checked = check_settings(options); !checked.has_value()) return fail(std::move(checked.error()));
  auto log = std::make_unique<KafkaLog>(std::move(options), clock);
  if (auto connected = log->connect(); !connected.has_value()) return fail(std::move(connected.error()));
  return std::unique_ptr<Log>(std::move(log));
}

}  // namespace certes::log::kafka
