// certes topics: what Kafka must have for this configuration, for whoever makes topics and permissions by hand; or
// whether it has.
#include <nlohmann/json.hpp>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/config/origins.hpp"
#include "common/log/kafka/kafka_log.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;
using Specs = std::vector<log::kafka::TopicSpec>;

std::string settings_of(const log::kafka::TopicSpec& spec) {
  std::string text;
  for (const auto& [name, value] : spec.config) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

std::vector<Row> permissions(const config::KafkaSettings& kafka) {
  return {{"topics " + kafka.prefix + "*", "Describe DescribeConfigs Read Write Delete", "Delete trims records"},
          {"topics " + kafka.prefix + "*", "Create", "unless kafka.create_topics = false"},
          {"group " + log::kafka::group_of(kafka), "Describe Read", "dispatchers"},
          {"cluster", "IdempotentWrite", "brokers before 2.8 only"}};
}

std::string as_json(const Specs& specs, const std::vector<Row>& acls) {
  Json out{{"topics", Json::array()}, {"permissions", Json::array()}};
  for (const auto& spec : specs)
    out["topics"].push_back({{"name", spec.name},
                             {"partitions", spec.partitions},
                             {"replication_factor", spec.replication_factor},
                             {"settings", spec.config}});
  for (const Row& acl : acls) out["permissions"].push_back({{"on", acl[0]}, {"operations", acl[1]}, {"why", acl[2]}});
  return out.dump(2);
}

// Fails where anything is wrong.
int check(const log::kafka::Options& kafka, bool json) {
  if (kafka.kafka.brokers.empty()) return failed(Error(Code::invalid, "kafka.brokers is not set", "kafka.brokers"));
  const SystemClock clock;
  const auto findings = log::kafka::check_topics(kafka, clock);
  if (!findings) return failed(findings.error());
  bool good = true;
  Json out = Json::array();
  std::vector<Row> rows;
  for (const auto& finding : *findings) {
    good = good && finding.wrong.empty();
    out.push_back({{"what", finding.what}, {"ok", finding.wrong.empty()}, {"wrong", finding.wrong}});
    rows.push_back({finding.wrong.empty() ? "ok" : "WRONG", finding.what, finding.wrong});
  }
  if (json)
    print_line(out.dump(2));
  else
    print(table({"", "WHAT", "WHAT TO CHANGE"}, rows));
  return good ? kExitOk : kExitFailure;
}

}  // namespace

int run_command(const TopicsOptions& options) {
  const auto loaded = config::load_with_origins(options.sources);
  if (!loaded) return failed(loaded.error());
  const config::Settings& settings = loaded->settings;
  log::kafka::Options kafka{settings.kafka, settings.gateway.max_body_bytes, settings.retention};
  if (options.check) return check(kafka, options.json);
  const Specs specs = log::kafka::topic_specs(kafka);
  const std::vector<Row> acls = permissions(settings.kafka);
  if (options.json) {
    print_line(as_json(specs, acls));
    return kExitOk;
  }
  std::vector<Row> rows;
  for (const auto& spec : specs)
    rows.push_back(
        {spec.name, std::to_string(spec.partitions), std::to_string(spec.replication_factor), settings_of(spec)});
  print(table({"TOPIC", "PARTITIONS", "REPLICATION", "SETTINGS"}, rows) + "\n");
  print(table({"PERMISSION ON", "OPERATIONS", "WHY"}, acls));
  return kExitOk;
}

}  // namespace certes::command
