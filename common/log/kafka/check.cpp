// `certes topics --check`: the cluster held against what this configuration needs. Changes nothing.

#include "common/log/kafka/cluster.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/fetcher.hpp"

namespace certes::log::kafka {
namespace {

constexpr Millis kAskLimit{6'000};

std::string permission(const std::string& operation, const std::string& name) {
  return operation + " is refused: kafka-acls.sh --add --allow-principal User:… --operation " + operation +
         " --topic " + name;
}

// Reads at each topic's end: what comes is an end, or why it may not be read.
std::vector<Finding> try_reading(const Options& options) {
  std::vector<Finding> findings;
  const auto fetcher = Fetcher::make(options, Role::reader);
  if (!fetcher.has_value()) return {{"reading", fetcher.error().message}};
  for (int i = 0; i < kTopics; ++i) {
    const auto topic = static_cast<Topic>(i);
    const std::string name = topic_name(options, topic);
    const Queue queue(rd_kafka_queue_new((*fetcher)->client()));
    if (!(*fetcher)->start(topic, 0, RD_KAFKA_OFFSET_END, queue.get()).has_value()) continue;
    const Message first(rd_kafka_consume_queue(queue.get(), static_cast<int>(kAskLimit.count())));
    (*fetcher)->stop(topic, 0);
    if (!first) findings.push_back({name + ": reading", "no answer"});
    if (!first || !first->err || first->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
    const bool forbidden = first->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    findings.push_back(
        {name + ": reading", forbidden ? permission("Read", name) : std::string(rd_kafka_message_errstr(first.get()))});
  }
  if (findings.empty()) findings.push_back({"all can be read", ""});
  return findings;
}

Finding judge_there(const TopicSpec& spec, const Topics::Found& found, std::int32_t events, bool made_on_start) {
  const std::string has = spec.name + ": " + std::to_string(found.partitions) + " partitions";
  if (found.error != RD_KAFKA_RESP_ERR_NO_ERROR) return {spec.name, permission("Describe", spec.name)};
  if (found.partitions == 0 && made_on_start) return {spec.name + ": not there, is made on start", ""};
  if (found.partitions == 0) return {spec.name, "is not there: " + create_command(spec)};
  if (!spec.lines && spec.topic == Topic::registry)
    return {has, found.partitions == 1 ? "" : "must have one: its order is the log's"};
  const std::int32_t needed = spec.lines ? spec.partitions : std::max(spec.partitions, events);
  if (found.partitions >= needed) return {has, ""};
  return {has, "needs " + std::to_string(needed) + ": kafka-topics.sh --alter --topic " + spec.name + " --partitions " +
                   std::to_string(needed)};
}

}  // namespace

Result<std::vector<Finding>> Cluster::check() {
  if (auto reached = reach(); !reached.has_value()) return fail(std::move(reached.error()));
  Topics topics(client_.get(), options_);
  const auto found = topics.look(kAskLimit);
  if (!found.has_value()) return fail(found.error());
  std::vector<Finding> findings;
  bool all_there = true;
  const std::int32_t events = (*found)[static_cast<std::size_t>(Topic::events)].partitions;
  for (std::size_t i = 0; i < found->size(); ++i) {
    findings.push_back(judge_there(topics.specs()[i], (*found)[i], events, options_.kafka.create_topics));
    all_there = all_there && (*found)[i].partitions > 0 && (*found)[i].error == RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  if (!all_there) return findings;
  const auto tight = topics.judge_settings(kAskLimit);
  if (!tight.has_value())
    findings.push_back({"settings of topics", tight.error().message});
  else
    for (std::size_t i = 0; i < tight->size(); ++i)
      findings.push_back({topics.specs()[i].name + ": settings", (*tight)[i]});
  for (Finding& reading : try_reading(options_)) findings.push_back(std::move(reading));
  return findings;
}

Result<std::vector<Finding>> check_topics(const Options& options, const Clock& clock) {
  if (auto checked = check_settings(options); !checked.has_value()) return fail(std::move(checked.error()));
  Troubles troubles(clock, nullptr);
  const auto cluster = Cluster::connect(options, troubles);
  if (!cluster.has_value()) return fail(cluster.error());
  return (*cluster)->check();
}

}  // namespace certes::log::kafka
