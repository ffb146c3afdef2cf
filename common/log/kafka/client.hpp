#pragma once
// How each of the engine's librdkafka clients is configured, in one place, and made. Private to common/log/kafka; any
// thread.

#include <functional>
#include <string>

#include "common/base/result.hpp"
#include "common/log/kafka/handles.hpp"
#include "common/log/kafka/kafka_log.hpp"

namespace certes::log::kafka {

// What a client is for.
enum class Role {
  admin,      // makes and checks topics, answers offsets
  events,     // reads the partitions of a member into one queue
  reader,     // reads partitions of any topic, each into a queue of its own
  follower,   // the same for who is in no hurry: few fetches, each large
  questions,  // reads one partition: what comes there comes at once, though fetches are few
  points,     // picks single records and small pieces of any partition
  windows,    // the same for pieces above that
  member,     // keeps membership and commits; reads nothing
  ordered,    // idempotent producer
  immediate,  // producer of keyless records while few are on their way
  batching,   // producer of keyless records while many are
  lines,      // producer of log lines, which nobody waits for
};

// What happens to a client as a whole, told from its poll by whoever polls it. The code is librdkafka's.
struct ClientEvents {
  std::function<void(rd_kafka_resp_err_t, const char*)> error;
  std::function<void(const rd_kafka_message_t&)> delivery;                                     // producers
  std::function<void(rd_kafka_resp_err_t, const rd_kafka_topic_partition_list_t&)> rebalance;  // member
};

struct ClientLimits {
  Millis message_timeout{0};  // of producers; zero: none
  std::size_t queue_bytes = 64u << 20;
  std::size_t queue_records = 100'000;
};

// What a queue of such a client holds at most, and one fetch more: a reader has a queue for every partition.
struct Prefetch {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
};
Prefetch prefetch_of(Role role);
// Whether librdkafka sleeps on when its queue was full and is not any more (prefetch.hpp).
bool rests_when_full();

// A piece that is to be picked and is smaller than that goes by the client for points: the most of one of its fetches.
inline constexpr std::int64_t kPointBytes = 64 << 10;

// Whether librdkafka takes them all. Errors: invalid, naming the setting.
Result<void> check_settings(const Options& options);

// Makes a client; `events` (nullable) must outlive it. Errors: invalid, naming the setting.
Result<Client> make_client(const Options& options, Role role, ClientEvents* events, ClientLimits limits = {});

// Destroys a client in the background, where that may wait for a broker: librdkafka 2.0 joins its threads, and a
// member's go on until every commit was answered or has timed out, 10 s and more while a broker hangs. Its events are
// not told any more, and it must have no queue left.
void let_go(Client client);

// Has it learn the leaders of the topics that it has handles of, for at most 300 ms: else the first record is late.
void know_leaders(rd_kafka_t* client);

// The largest Kafka record batch that a topic of Certes takes: its max.message.bytes.
std::size_t max_message_bytes(const Options& options, Topic topic);

// The largest record of it, which is a little less.
std::size_t max_record_bytes(const Options& options, Topic topic);

std::string topic_name(const Options& options, Topic topic);
std::string lines_topic_name(const Options& options);  // of log lines

}  // namespace certes::log::kafka
