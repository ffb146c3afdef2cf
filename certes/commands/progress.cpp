// certes progress skip: on Kafka, goes on behind records that are not finished. What other programs commit under the
// group's name is not believed; this is.
#include <nlohmann/json.hpp>

#include <charconv>
#include <random>
#include <set>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/engine.hpp"
#include "common/config/origins.hpp"
#include "common/log/kafka/group_offsets.hpp"
#include "dispatcher/ownership/skip.hpp"

namespace certes::command {
namespace {

Result<std::optional<std::int64_t>> offset_of(const std::string& text) {
  if (text == "end") return std::optional<std::int64_t>();
  std::int64_t offset = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
  if (error != std::errc{} || at != text.data() + text.size() || offset < 0)
    return fail(Code::invalid, "--to is an offset, or end");
  return std::optional(offset);
}

// Writes what is there, which changes nothing, and which a broker refuses while the group has members.
Result<void> ask_for_members(log::kafka::GroupOffsets& offsets, const std::string& group, std::int32_t partition) {
  const auto committed = offsets.committed(group, partition);
  if (!committed) return fail(committed.error());
  if (committed->offset == log::kNoOffset) return {};
  return offsets.commit(group, partition, *committed);
}

void say(const dispatcher::Skip& skip, const ProgressSkipOptions& options, const std::string& group) {
  const std::string name = "events[" + std::to_string(options.partition) + "]";
  const std::string records = std::to_string(skip.unfinished) + (skip.unfinished == 1 ? " record" : " records");
  const std::string taken =
      skip.group.empty() || skip.group == group ? "" : ", taken over from the group " + skip.group;
  if (options.json) {
    print_line(nlohmann::ordered_json{{"partition", options.partition},
                                      {"from", skip.from},
                                      {"to", skip.to},
                                      {"unfinished", skip.unfinished},
                                      {"group", skip.group},
                                      {"dry_run", options.dry_run}}
                   .dump(2));
    return;
  }
  print_line(name + ": " + std::to_string(skip.from) + " to " + std::to_string(skip.to) + taken + ": " + records +
             (options.dry_run ? " would be skipped: not sent, and no dead letters" : " skipped"));
}

Result<void> skip(const ProgressSkipOptions& options, const config::Settings& settings) {
  const auto to = offset_of(options.to);
  if (!to) return fail(to.error());
  if (settings.store.engine != "kafka")
    return fail(Code::invalid, "nothing but Certes commits on the embedded log: discard what waits there");
  const SystemClock clock;
  metrics::Metrics metrics;
  const auto opened = open_engine(settings, clock, metrics);
  if (!opened) return fail(opened.error());
  log::Log& log = **opened;
  if (auto prepared = log.prepare(); !prepared) return prepared;
  log::kafka::Options kafka;
  kafka.kafka = settings.kafka;
  const auto offsets = log::kafka::group_offsets(kafka);
  if (!offsets) return fail(offsets.error());
  const std::string group = log::kafka::group_of(settings.kafka);
  const auto committed = (*offsets)->committed(group, options.partition);
  if (!committed) return fail(committed.error());
  auto planned = dispatcher::plan_skip(log, options.partition, *committed, *to);
  if (!planned) return fail(planned.error());
  if (!options.dry_run) {
    for (const std::string& one : std::set<std::string>{group, planned->group.empty() ? group : planned->group})
      if (auto free = ask_for_members(**offsets, one, options.partition); !free)
        return fail(std::move(free.error()).prefixed("nothing is skipped: "));
    const auto commit =
        dispatcher::write_skip(log, options.partition, *planned, group, std::random_device{}() | 1ull << 63);
    if (!commit) return fail(Error(commit.error()).prefixed("nothing is skipped: "));
    if (auto done = (*offsets)->commit(group, options.partition, *commit); !done)
      return fail(std::move(done.error()).prefixed("nothing is skipped: "));
  }
  say(*planned, options, group);
  return {};
}

}  // namespace

int run_command(const ProgressSkipOptions& options) {
  const auto loaded = config::load_with_origins(options.sources);
  if (!loaded) return failed(loaded.error());
  const auto done = skip(options, loaded->settings);
  return done ? kExitOk : failed(done.error());
}

}  // namespace certes::command
