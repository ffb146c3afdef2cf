#pragma once
// The Kafka broker that tests share: CERTES_TEST_BROKERS, or the file that ctest's fixture writes
// (tests/kafka_fixture.cmake). Who: tests of the kafka engine. Any thread.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

#include "common/log/kafka/kafka_log.hpp"

namespace certes::test {

// Throws where there is none: a test that needs a broker fails without it.
inline std::string shared_brokers() {
  if (const char* given = std::getenv("CERTES_TEST_BROKERS"); given && *given) return given;
  const char* file = std::getenv("CERTES_TEST_BROKERS_FILE");
  std::string brokers;
  if (file && std::getline(std::ifstream(file), brokers) && !brokers.empty()) return brokers;
  throw std::runtime_error(
      "no Kafka broker: run it by ctest, or set CERTES_TEST_BROKERS to what deploy/kafka/kafka.sh start prints");
}

// Topics and group of one test alone.
inline std::string unique_prefix() {
  static std::atomic<int> count{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return "t" + std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) + "-" +
         std::to_string(::getpid()) + "-" + std::to_string(count++) + ".";
}

inline log::kafka::Options kafka_options(const std::string& brokers, int partitions = 3) {
  log::kafka::Options options;
  options.kafka.brokers = brokers;
  options.kafka.prefix = unique_prefix();
  options.kafka.partitions = partitions;
  options.kafka.session_timeout = Millis{6'000};
  return options;
}

}  // namespace certes::test
