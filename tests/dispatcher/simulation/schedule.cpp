#include "tests/dispatcher/simulation/schedule.hpp"

#include "common/event/command.hpp"
#include "common/event/redelivery.hpp"
#include "common/event/stamp.hpp"
#include "common/log/names.hpp"

namespace certes::dispatcher::simulation {
namespace {

namespace names = log::names;

constexpr std::uint64_t kChangesThrow = ~3u;  // as those of World
constexpr double kPostRate = 0.01;

// Under another id of Certes', where there is one.
log::Record copy_of(const log::StoredRecord& stored, const std::string& id = {}) {
  log::Record record;
  for (const auto [name, value] : stored.headers)
    if (name != names::kRegistry) record.headers.add(name, name == names::kId && !id.empty() ? id : value);
  record.value = stored.value;
  return record;
}

}  // namespace

CoreWorld::CoreWorld(const Schedule& schedule)
    : World(schedule.frame),
      schedule_(schedule),
      change_rate_(schedule.changes ? Dice(schedule.frame.seed, kChangesThrow).of(std::vector{0.01, 0.03, 0.1}) : 0),
      sealer_(*crypto::Sealer::make({crypto::Sealer::new_key()})),
      registry_(clock_, schedule.timed, schedule.life.concurrency, schedule.life.workers,
                schedule.life.keys > 0 ? registry::Ordering::key : registry::Ordering::none, schedule.apart),
      judge_(*cluster_, partitions_, registry_, clock_,
             {.timed = schedule.timed,
              .by_class = !schedule.changes && schedule.life.keys == 0,
              .clocks_jump = schedule.clocks}) {
  if (schedule.watched) registry_.watch_dead_letters();
}

std::unique_ptr<certes::simulation::Process> CoreWorld::make(std::uint64_t id) {
  return std::make_unique<CoreProcess>(
      Surroundings{cluster_, judge_, registry_, clock_, sealer_},
      ProcessOptions{id, frame_.seed, schedule_.gone, schedule_.mistake, schedule_.life, background(id)});
}

void CoreWorld::put(log::Record&& record, std::int32_t partition) {
  const bool command = record.headers.get(names::kKind) == "command";
  if (!record.headers.empty()) stamp(record);
  const std::int64_t offset = cluster_->put(log::Topic::events, partition, std::move(record));
  (command ? commands_ : events_).push_back(cluster_->at(log::Topic::events, partition, offset));
}

// Where brokers' clocks are apart, gateways lag, too: by two changes at most.
void CoreWorld::stamp(log::Record& record) const {
  const std::int64_t lag = schedule_.apart == Millis{0} ? 0 : (next_event_ + next_extra_) % 3;
  event::stamp(record, [&] { return std::max<std::int64_t>(0, registry_.now()->position - lag); });
}

event::Event CoreWorld::new_event(Dice& dice) {
  event::Event made;
  made.id = "evt_" + std::to_string(next_event_++);
  made.conversation_id = made.id;
  made.client_gave_id = dice.chance(0.5);
  made.client_id = made.client_gave_id ? "its-" + made.id : made.id;
  made.tenant = kTenants[dice.chance(0.2) ? 1 : 0];
  made.source = "urn:certes:" + made.tenant;
  made.type = dice.of(kTypes);
  made.data_content_type = "application/json";
  made.data = "{" + std::string(schedule_.life.body_bytes - 2, ' ') + "}";
  return made;
}

void CoreWorld::accept(Dice& dice) {
  if (next_event_ >= frame_.events) return;
  const double what = dice.unit();
  if (what < 0.08 && !events_.empty()) return repeat(dice);
  if (what < 0.2 && !events_.empty()) return replay(dice);
  std::int32_t partition = any_partition(dice);
  event::Event made = new_event(dice);
  if (schedule_.life.keys > 0 && dice.chance(0.8)) {
    const std::size_t key = dice.pick(schedule_.life.keys);
    made.partition_key = "k" + std::to_string(key);
    partition = static_cast<std::int32_t>(key) % partitions_;
  }
  if (what < 0.4) {
    made.kind = "command";
    made.type = kCommand;
    made.tenant = kTenants[0];
    made.source = event::command_source(made.tenant);
    if (dice.chance(0.3)) made.reply_to = "http://127.0.0.1/" + kReplyTo;
  }
  const bool malformed = what > 0.97;
  log::Record record = event::to_record(std::move(made));
  if (malformed) record.headers = {};
  put(std::move(record), partition);
}

// What a client sends again comes to the partition that has it.
void CoreWorld::repeat(Dice& dice) {
  const log::StoredRecord& of = *dice.of(events_);
  if (of.headers.get(names::kClientId) != "1") return;
  put(copy_of(of, "evt_again_" + std::to_string(next_extra_++)), of.partition);
}

// Asked for again and again, or once for a dead letter; for one endpoint, two, or all that subscribe.
void CoreWorld::replay(Dice& dice) {
  const log::StoredRecord& of = *dice.of(events_);
  if (!event::view(of) || of.headers.find(names::kReplay)) return;
  const bool once = dice.chance(0.4);
  log::Record record = copy_of(of);
  record.headers.add(names::kReplay,
                     once ? event::letter_replay_id(of.partition, of.offset) : "rpl_" + std::to_string(next_extra_++));
  const std::size_t endpoints = once ? 1 : dice.pick(3);
  const std::string first = dice.chance(0.5) ? "a" : "b";
  if (endpoints > 0) record.headers.add(names::kEndpoint, endpoints == 1 ? first : first + ",c");
  put(std::move(record), of.partition);
}

// The service posts a result, asked or not, and perhaps not its first.
void CoreWorld::post_result(Dice& dice) {
  const log::StoredRecord& of = *dice.of(commands_);
  event::CommandResult result;
  result.succeeded = true;
  log::Record record = event::result_record(of, of.headers.get(names::kId), std::move(result),
                                            "evt_posted_" + std::to_string(next_extra_++), clock_.unix_millis());
  stamp(record);
  cluster_->put(log::Topic::events, of.partition, std::move(record));
}

bool CoreWorld::own_step(Dice& dice) {
  if (dice.chance(change_rate_)) {
    say(registry_.change(dice) + " at " + std::to_string(clock_.unix_millis() % 1'000'000'000));
    return true;
  }
  if (commands_.empty() || !dice.chance(kPostRate)) return false;
  post_result(dice);
  return true;
}

void CoreWorld::damage(Dice& dice, std::int32_t /*partition*/) {
  if (!schedule_.clocks) return;
  say("the clock jumps");
  clock_.step_wall(Millis(static_cast<std::int64_t>(dice.pick(20'000)) - 10'000));
}

void CoreWorld::begin_healing() {
  for (const auto& process : processes_) static_cast<CoreProcess&>(*process).decide_gone(true);
  registry_.all_active();
}

}  // namespace certes::dispatcher::simulation
