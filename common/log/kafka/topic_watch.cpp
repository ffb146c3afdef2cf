#include "common/log/kafka/topic_watch.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace certes::log::kafka {
namespace {

constexpr std::chrono::seconds kJudgeSettingsEvery{60};
constexpr int kMissedToBeGone = 2;  // a broker that has just started may not know them all at once
constexpr Millis kMakeLimit{2'000};

// As troubles and metrics have it: without the prefix.
std::string label_of(const TopicSpec& spec) { return spec.lines ? "logs" : std::string(to_string(spec.topic)); }

bool is_partitioned(const TopicSpec& spec) { return !spec.lines && spec.topic != Topic::registry; }

}  // namespace

void TopicWatch::begin(std::int32_t partitions) {
  partitions_ = std::max(partitions, partitions_.load());
  begun_ = true;
}

Result<void> TopicWatch::look(Millis timeout) {
  const auto found = topics_.look(timeout);
  if (!found.has_value()) return fail(found.error());
  if (!begun_) return {};
  judge_there(*found);
  judge_partitions(*found);
  judge_settings(timeout);
  return {};
}

void TopicWatch::judge_there(const std::vector<Topics::Found>& found) {
  const auto& specs = topics_.specs();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const std::string label = label_of(specs[i]);
    if (found[i].error != RD_KAFKA_RESP_ERR_NO_ERROR)
      troubles_.met(label, "describe_forbidden",
                    specs[i].name + ": Describe is refused: the permission is missing (certes topics lists them)");
    else
      troubles_.over(label, "describe_forbidden", specs[i].name + " is shown again");
    if (found[i].error != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    missed_[i] = found[i].partitions == 0 ? missed_[i] + 1 : 0;
    if (missed_[i] >= kMissedToBeGone)
      make_again(specs[i]);
    else if (missed_[i] == 0)
      troubles_.over(label, "missing", specs[i].name + " is there again");
  }
}

void TopicWatch::make_again(const TopicSpec& spec) {
  const std::string gone = spec.name + " is not there: was it deleted? ";
  // Followers would take an empty one for no resources at all: that is for an operator to decide.
  if (!spec.lines && spec.topic == Topic::registry)
    return troubles_.met(label_of(spec), "missing", gone + "Restore it: until then nothing is routed");
  TopicSpec wanted = spec;
  if (is_partitioned(spec)) wanted.partitions = std::max(spec.partitions, partitions_.load());
  const auto made = topics_.create({&wanted}, kMakeLimit);
  troubles_.met(label_of(spec), "missing",
                gone + (made.has_value() ? "It is made again, empty" : "It cannot be made: " + made.error().message));
}

void TopicWatch::judge_partitions(const std::vector<Topics::Found>& found) {
  const auto& specs = topics_.specs();
  const std::int32_t common = topics_.common_partitions(found);
  if (common > partitions_) {
    spdlog::info("log: the topics have {} partitions now: those from {} on are used from here on", common,
                 partitions_.load());
    partitions_ = common;
  }
  const std::string from = std::to_string(partitions_);
  std::int32_t most = 0;
  for (std::size_t i = 0; i < specs.size(); ++i)
    if (is_partitioned(specs[i])) most = std::max(most, found[i].partitions);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!is_partitioned(specs[i])) continue;
    const std::int32_t unread = found[i].partitions - partitions_;
    if (unread <= 0)
      troubles_.over(label_of(specs[i]), "unread_partitions", "all topics have the partitions of " + specs[i].name);
    else
      troubles_.met(label_of(specs[i]), "unread_partitions",
                    specs[i].name + " has " + std::to_string(found[i].partitions) + " partitions, others only " + from +
                        ": what stands in those from " + from +
                        " on waits until events, attempts, dead-letters and progress have as many: kafka-topics.sh "
                        "--alter --partitions " +
                        std::to_string(most) + " --topic …",
                    unread);
  }
}

void TopicWatch::judge_settings(Millis timeout) {
  const SteadyTime now = troubles_.now();
  if (now < judge_settings_at_) return;
  judge_settings_at_ = now + kJudgeSettingsEvery;
  const auto tight = topics_.judge_settings(timeout);
  if (!tight.has_value()) return;  // what is missing is told above
  for (std::size_t i = 0; i < tight->size(); ++i) {
    const TopicSpec& spec = topics_.specs()[i];
    if ((*tight)[i].empty())
      troubles_.over(label_of(spec), "tight_settings", spec.name + " has the settings that it needs");
    else
      troubles_.met(label_of(spec), "tight_settings", (*tight)[i]);
  }
}

}  // namespace certes::log::kafka
