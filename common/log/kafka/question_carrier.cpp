#include "common/log/kafka/question_carrier.hpp"

#include <pthread.h>

#include <atomic>
#include <thread>

#include "common/log/kafka/logs_topic.hpp"

namespace certes::log::kafka {
namespace {

constexpr Millis kLook{250};  // a question that comes ends the wait

class KafkaQuestionCarrier final : public QuestionCarrier {
 public:
  KafkaQuestionCarrier(std::string topic, Client consumer, Client producer)
      : topic_(std::move(topic)), consumer_(std::move(consumer)), writing_(std::move(producer), topic_) {}
  ~KafkaQuestionCarrier() override { KafkaQuestionCarrier::stop(); }

  void start(Take take) override {
    take_ = std::move(take);
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "certes-asked");
  }

  void stop() override {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  bool carry(const Record& record) override { return writing_.append(kQuestions, record); }

 private:
  // What was asked before nobody waits for any more.
  void run() {
    LogsReading reading(std::move(consumer_), topic_, kQuestions, RD_KAFKA_OFFSET_END);
    while (!stopping_) {
      if (const RecordPtr record = reading.next(kLook)) take_(record);
      writing_.poll();
    }
  }

  const std::string topic_;
  Client consumer_;  // until the thread begins
  LogsWriting writing_;
  std::atomic<bool> stopping_{false};
  Take take_;  // the thread's
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<QuestionCarrier>> make_question_carrier(const Options& options) {
  auto consumer = make_client(options, Role::questions, nullptr);
  if (!consumer) return fail(std::move(consumer.error()));
  auto producer = make_logs_producer(options, {Millis{1'000}, 1u << 20, 1'000});
  if (!producer) return fail(std::move(producer.error()));
  return std::unique_ptr<QuestionCarrier>(
      std::make_unique<KafkaQuestionCarrier>(lines_topic_name(options), std::move(*consumer), std::move(*producer)));
}

}  // namespace certes::log::kafka
