#pragma once
// What a Cluster holds, guarded by its mutex, and the pieces of the engine that share it. Private to log/memory.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "common/log/pick_desk.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::log::memory {

struct TopicPartition {
  std::int64_t start = 0;
  std::deque<RecordPtr> records;   // null: erased
  std::set<std::int64_t> spoiled;  // cannot be decoded
  std::int64_t end() const { return start + static_cast<std::int64_t>(records.size()); }
};

struct Queued {
  std::uint64_t sequence;  // of the append
  Record record;
};

struct Acknowledgement {
  std::uint64_t sequence;
  std::int64_t offset;  // kNoOffset: it was refused
  std::int32_t partition;
};

// What an Appender has given to the cluster. Outlives it: what is queued may land late.
struct Producer {
  std::uint64_t id = 0;
  std::uint64_t process = 0;
  bool gone = false;        // its Appender was destroyed
  bool fatal = false;       // it broke
  std::size_t unknown = 0;  // oldest appends to be reported as unknown
  std::size_t awaited = 0;  // appends whose end was not reported
  std::map<std::pair<Topic, std::int32_t>, std::deque<Queued>> lanes;
  std::vector<Acknowledgement> done;
  Wake wake;
};

struct Request {  // committed or commit
  std::int32_t partition;
  std::uint64_t generation;  // of the partition, as its member knew it
  std::optional<Committed> value;
  std::function<void(Result<Committed>)> done;
};

struct Notice {
  enum Kind { assigned, revoked, lost } kind;
  std::vector<std::int32_t> partitions;
};

struct MemberState {
  std::uint64_t process = 0;
  bool in_group = true;
  bool expired = false;  // and it does not know
  bool leaving = false;
  bool left = false;
  std::map<std::int32_t, std::uint64_t> generations;  // of what was assigned to it
  std::deque<Notice> notices;
  std::deque<Request> requests;
  std::vector<std::function<void()>> replies;
  Wake wake;
};

struct PartitionOwner {
  MemberState* member = nullptr;
  std::uint64_t generation = 0;
  bool revoking = false;
};

struct PickerState {
  PickerState(std::uint64_t of, Wake wake) : process(of), desk(std::move(wake), [] {}) {}
  const std::uint64_t process;
  PickDesk desk;
  std::deque<PickDesk::Asked> runs;  // not served yet
};

struct State {
  explicit State(Options o);

  const Options options;
  const SystemClock system_clock;
  const Clock& clock;

  mutable std::mutex mutex;
  // All below: guarded by mutex.
  std::vector<TopicPartition> topics;
  std::vector<PartitionOwner> owners;
  std::vector<Committed> commits;
  std::vector<std::shared_ptr<MemberState>> members;
  std::vector<std::shared_ptr<Producer>> producers;
  std::vector<std::shared_ptr<PickerState>> pickers;
  std::uint64_t next_producer = 1;
  std::uint64_t next_generation = 1;
  bool rebalancing = false;
  std::set<const Wake*> readers;  // of readers and members: called when something was appended

  std::int32_t partitions_of(Topic topic) const { return topic == Topic::registry ? 1 : options.partitions; }
  // Derived topics take what `events` takes, and more headers.
  std::size_t max_record_bytes(Topic topic) const {
    return options.max_record_bytes + (topic == Topic::events ? 0 : 64u << 10);
  }
  TopicPartition& part(Topic topic, std::int32_t partition);
  std::int64_t store(Topic topic, std::int32_t partition, Record&& record);
  void land(Producer& producer, Topic topic, std::int32_t partition);
  void refuse(Producer& producer, Topic topic, std::int32_t partition);
  void acknowledge(Producer& producer, const Acknowledgement& what);
  void drop_done_producers();
  void answer(MemberState& member, bool fail);
  // Membership
  void begin_rebalance();
  void settle_rebalance();
  void assign_all();
  void vacate(MemberState& member);
  void finish_leaving(MemberState& member);
};

std::unique_ptr<Appender> make_appender(State& state, std::uint64_t process, AppenderOptions options, Wake wake);
std::unique_ptr<Picker> make_picker(State& state, std::uint64_t process, Wake wake);
// Serves a run with what the log has now; with a fault once that many results are there.
void serve(State& state, PickerState& picker, PickDesk::Asked asked, std::optional<std::size_t> fault_after);
std::unique_ptr<Member> make_member(State& state, std::uint64_t process, MemberHandler& handler, Wake wake);

// The records of one partition from `position` on, at most `max`, behind what is erased or spoiled. not_found where it
// lies outside of the log.
Result<std::size_t> read_from(const TopicPartition& part, std::int64_t& position, std::size_t max,
                              std::vector<RecordPtr>& out);

}  // namespace certes::log::memory
