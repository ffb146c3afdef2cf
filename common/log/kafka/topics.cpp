#include "common/log/kafka/topics.hpp"

#include <algorithm>
#include <charconv>
#include <thread>

#include "common/log/kafka/admin.hpp"
#include "common/log/kafka/client.hpp"
#include "common/log/kafka/errors.hpp"

namespace certes::log::kafka {
namespace {

constexpr Millis kPastMaxWait = std::chrono::days(2);  // until what has waited too long has become dead letters

std::string retention_of(const Options& options, Topic topic) {
  switch (topic) {
    case Topic::attempts: return std::to_string(options.retention.attempts.count());
    case Topic::dead_letters: return std::to_string(options.retention.dead_letters.count());
    case Topic::events:
    case Topic::registry:
    case Topic::progress: break;
  }
  return "-1";  // trimmed by us
}

// Of `events`, made by somebody else: what is open must not go, nor what is to be kept.
std::string least_retention_of_events(const config::RetentionSettings& retention) {
  if (retention.max_wait == Millis{0}) return "-1";
  return std::to_string(std::max(retention.events, retention.max_wait + kPastMaxWait).count());
}

TopicSpec spec_of(const Options& options, Topic topic) {
  TopicSpec spec;
  spec.topic = topic;
  spec.name = topic_name(options, topic);
  spec.partitions = topic == Topic::registry ? 1 : options.kafka.partitions;
  spec.replication_factor = options.kafka.replication_factor;
  spec.config = {{"cleanup.policy", "delete"},
                 {"message.timestamp.type", "LogAppendTime"},
                 {"retention.ms", retention_of(options, topic)},
                 {"retention.bytes", "-1"},
                 {"max.message.bytes", std::to_string(max_message_bytes(options, topic))}};
  if (topic == Topic::events) spec.least["retention.ms"] = least_retention_of_events(options.retention);
  const auto own = options.kafka.topic.find(std::string(to_string(topic)));
  if (own != options.kafka.topic.end())
    for (const auto& [name, value] : own->second) spec.least.erase(name), spec.config[name] = value;
  return spec;
}

// Announcements and lines (line_carrier.hpp).
TopicSpec lines_spec(const Options& options) {
  TopicSpec spec;
  spec.lines = true;
  spec.name = lines_topic_name(options);
  spec.partitions = 2;
  spec.replication_factor = options.kafka.replication_factor;
  spec.config = {{"cleanup.policy", "delete"},
                 {"retention.ms", "60000"},
                 {"max.message.bytes", std::to_string(max_message_bytes(options, Topic::events))}};
  const auto own = options.kafka.topic.find("logs");
  if (own != options.kafka.topic.end())
    for (const auto& [name, value] : own->second) spec.config[name] = value;
  return spec;
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Millis left(SteadyTime until) {
  return std::max(Millis(100), std::chrono::duration_cast<Millis>(until - std::chrono::steady_clock::now()));
}

}  // namespace

std::vector<TopicSpec> topic_specs(const Options& options) {
  std::vector<TopicSpec> specs;
  specs.reserve(kTopics + 1);
  for (int i = 0; i < kTopics; ++i) specs.push_back(spec_of(options, static_cast<Topic>(i)));
  specs.push_back(lines_spec(options));
  return specs;
}

bool is_loose_enough(std::string_view setting, std::string_view needed, std::string_view found) {
  if (setting == "retention.ms" || setting == "retention.bytes")
    return found == "-1" || (needed != "-1" && number(found) >= number(needed));
  if (setting == "max.message.bytes") return number(found) >= number(needed);
  if (setting == "cleanup.policy" || setting == "message.timestamp.type") return found == needed;
  return true;  // the operator's own wish for topics that are made: nothing rests on it
}

std::string create_command(const TopicSpec& spec) {
  std::string command = "kafka-topics.sh --create --topic " + spec.name;
  command += " --partitions " + std::to_string(spec.partitions);
  if (spec.replication_factor > 0) command += " --replication-factor " + std::to_string(spec.replication_factor);
  for (const auto& [name, value] : spec.config) command += " --config " + name + "=" + value;
  return command;
}

Topics::Topics(rd_kafka_t* client, const Options& options)
    : client_(client), options_(options), specs_(topic_specs(options)) {
  for (const TopicSpec& spec : specs_) handles_.emplace_back(rd_kafka_topic_new(client_, spec.name.c_str(), nullptr));
}

Result<std::int32_t> Topics::prepare(Millis timeout) {
  const SteadyTime until = std::chrono::steady_clock::now() + timeout;
  auto found = look(left(until));
  if (!found.has_value()) return fail(std::move(found.error()));
  std::vector<const TopicSpec*> missing;
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (const auto code = (*found)[i].error) return fail(to_error(code, specs_[i].name));
    if ((*found)[i].partitions == 0) missing.push_back(&specs_[i]);
  }
  if (!missing.empty()) {
    if (auto made = create(missing, left(until)); !made.has_value()) return fail(std::move(made.error()));
    found = await_leaders(until);
    if (!found.has_value()) return fail(std::move(found.error()));
  }
  if (auto checked = check_partitions(*found); !checked.has_value()) return fail(std::move(checked.error()));
  const auto tight = judge_settings(left(until));
  if (!tight.has_value()) return fail(tight.error());
  std::string wrong;
  for (const std::string& one : *tight)
    if (!one.empty()) wrong += (wrong.empty() ? "" : "\n") + one;
  if (!wrong.empty()) return fail(Code::invalid, std::move(wrong), "kafka");
  return common_partitions(*found);
}

Result<std::vector<Topics::Found>> Topics::look(Millis timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(client_, 0, nullptr, &raw, static_cast<int>(timeout.count()));
  const Metadata metadata(raw);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(to_error(code, "kafka: topics"));
  std::vector<Found> found(specs_.size());
  for (int t = 0; t < metadata->topic_cnt; ++t) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[t];
    const auto spec =
        std::find_if(specs_.begin(), specs_.end(), [&](const TopicSpec& s) { return s.name == topic.topic; });
    if (spec == specs_.end() || topic.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    Found& entry = found[static_cast<std::size_t>(spec - specs_.begin())];
    if (topic.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) entry.error = topic.err;
    entry.partitions = topic.partition_cnt;
    for (int p = 0; p < topic.partition_cnt; ++p) entry.led = entry.led && topic.partitions[p].leader >= 0;
  }
  return found;
}

Result<std::vector<Topics::Found>> Topics::await_leaders(SteadyTime until) {
  for (;;) {
    auto found = look(left(until));
    if (!found.has_value()) return found;
    const bool all =
        std::all_of(found->begin(), found->end(), [](const Found& f) { return f.partitions > 0 && f.led; });
    if (all && answers(*found)) return found;
    if (std::chrono::steady_clock::now() >= until)
      return fail(Code::unavailable, "kafka: new topics have no leader yet");
    std::this_thread::sleep_for(Millis(20));  // the brokers tell each other
  }
}

bool Topics::answers(const std::vector<Found>& found) {
  for (std::size_t i = 0; i < specs_.size(); ++i)
    for (std::int32_t p = 0; p < found[i].partitions; ++p) {
      std::int64_t end = 0;
      if (ask_offset(client_, specs_[i].name, p, kEnd, Millis(1'000), end)) return false;
    }
  return true;
}

Result<void> Topics::create(const std::vector<const TopicSpec*>& missing, Millis timeout) {
  if (!options_.kafka.create_topics) {
    std::string message = "topics are missing and kafka.create_topics is false; make them with:";
    for (const TopicSpec* spec : missing) message += "\n  " + create_command(*spec);
    return fail(Code::invalid, std::move(message), "kafka.create_topics");
  }
  return create_topics(client_, missing, timeout);
}

std::int32_t Topics::common_partitions(const std::vector<Found>& found) const {
  std::int32_t common = found[static_cast<std::size_t>(Topic::events)].partitions;
  for (std::size_t i = 0; i < specs_.size(); ++i)
    if (!specs_[i].lines && specs_[i].topic != Topic::registry) common = std::min(common, found[i].partitions);
  return common;
}

// More than needed are none the worse: what is not common to all waits (TopicWatch says so).
Result<void> Topics::check_partitions(const std::vector<Found>& found) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const TopicSpec& spec = specs_[i];
    const std::int32_t has = found[i].partitions;
    const std::string start = spec.name + ": partitions is " + std::to_string(has);
    if (spec.lines) {
      if (has < spec.partitions)
        return fail(Code::invalid, start + ", needed " + std::to_string(spec.partitions), spec.name);
    } else if (spec.topic == Topic::registry) {
      if (has != 1) return fail(Code::invalid, start + ", must be 1: its order is the log's", spec.name);
    } else if (has < spec.partitions) {
      return fail(Code::invalid,
                  start + ", needed " + std::to_string(spec.partitions) +
                      ": add partitions to the topic, or lower kafka.partitions",
                  spec.name);
    }
  }
  return {};
}

Result<std::vector<std::string>> Topics::judge_settings(Millis timeout) {
  auto found = describe_topics(client_, specs_, timeout);
  if (!found.has_value()) return fail(std::move(found.error()));
  std::vector<std::string> wrong;
  for (const TopicSpec& spec : specs_) {
    std::string& text = wrong.emplace_back();
    const auto& config = (*found)[spec.name];
    for (const auto& [setting, made_with] : spec.config) {
      const auto least = spec.least.find(setting);
      const std::string& needed = least == spec.least.end() ? made_with : least->second;
      const auto has = config.find(setting);
      if (has == config.end() || is_loose_enough(setting, needed, has->second)) continue;
      text += (text.empty() ? "" : "\n") + spec.name + ": " + setting + " is " + has->second + ", needed " + needed +
              ": kafka-configs.sh --alter --topic " + spec.name + " --add-config " + setting + "=" + needed;
    }
  }
  return wrong;
}

}  // namespace certes::log::kafka
