#pragma once
// Judge: knows the registry's whole story, and beside what every Witness sees says of the real core: an event that is
// lost, that ends otherwise than the registry's story has it, that is sent to who was not to get it, when it was not
// time, or out of order, of a class or of a key; a command without exactly one result that stands before its end.
// Confined to the test's thread.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/registry/fate.hpp"
#include "tests/dispatcher/simulation/order.hpp"
#include "tests/dispatcher/simulation/pace.hpp"
#include "tests/dispatcher/simulation/registry_script.hpp"
#include "tests/simulation/witness.hpp"

namespace certes::dispatcher::simulation {

inline const std::string kReplyTo = "default/:reply-to";

struct Request {
  std::string delivery, endpoint;  // "tenant/id"
  std::uint32_t attempt;
  std::uint64_t process;
  bool current = true;  // it is made by the owner of its partition
};

class Judge final : public certes::simulation::Witness {
 public:
  struct Options {
    bool timed;        // as the script's
    bool by_class;     // first attempts of an endpoint keep the order of the log
    bool clocks_jump;  // wall clocks
  };
  Judge(const log::memory::Cluster& cluster, std::int32_t partitions, const RegistryScript& registry,
        const ManualClock& clock, Options options)
      : Witness(cluster, partitions),
        registry_(registry),
        timed_(options.timed),
        by_class_(options.by_class),
        clocks_jump_(options.clocks_jump),
        pace_(*this, clock) {}

  // A request begins, of a process that has read the registry as far as `state`.
  void check(const Request& request, const registry::State& state);
  void closed(std::string_view endpoint) { pace_.closed(endpoint); }
  void answered(const Request& request, std::optional<Millis> next, bool told = false) {
    pace_.answered(request.delivery, request.attempt, next, told);
  }
  // The partition has left the process.
  void left(std::uint64_t process, std::int32_t partition) { order_.left(process, partition); }
  // What a process that has read the registry so far wants recorded.
  void decided(const dispatcher::AttemptRecord& attempt, const registry::State& state);
  bool is_command(const std::string& delivery) const { return of(delivery).item->kind == EventKind::command; }

  bool all_ended() const override;
  void conclude() override;
  certes::simulation::Ends ends() const override;

 private:
  // A record of `events`.
  struct Item {
    std::string what;  // "evt_1", with its replay
    EventKind kind = EventKind::event;
    bool malformed = false;
    bool repeated = false;  // one of the same identity stands before it
    bool to_reply = false;  // a result that names a URL
    bool answered = false;  // a command that its service has posted a result of
    std::string type, key;
    std::set<std::string> directed = {};  // the only endpoints; none: who subscribes
    std::int64_t offset = 0;
    log::RecordPtr record = {};
    std::uint64_t accepted_in = 0;  // State
    std::string result = {};        // of a command: its result's name
    std::vector<std::string> deliveries = {};
  };
  struct Of {
    const Item* item;
    std::string endpoint;  // "tenant/id"; empty: of a record's own dead letter
  };
  // What of it must be, at the end.
  enum class Must { none, end, anything };

  void landed(const log::RecordPtr& event) override;
  void recorded(const dispatcher::Outcome& outcome, const log::StoredRecord& record, Track& track) override;
  void passed(const log::StoredRecord& event) override;
  bool has_come_before(const log::StoredRecord& event);
  void add_deliveries(Item& item, const log::StoredRecord& event);
  void result_landed(const log::StoredRecord& result);
  void told(const Item& item, const log::StoredRecord& notice);
  void add(Item& item, const std::string& delivery, const std::string& endpoint, std::int32_t partition);
  const Of& of(const std::string& delivery) const { return of_.at(delivery); }

  Must must(const std::string& delivery) const;
  Must must_match(const Item& item, const std::string& endpoint) const;
  // Nothing: it goes by its delivery's class, or that is not known here.
  static std::optional<registry::Fate> fate(const registry::Endpoint& endpoint, const Item& item);
  // Who was to get it has been so ever since, and is there now: null otherwise.
  std::shared_ptr<const registry::Endpoint> steady(const Of& of) const;
  static bool was_closed(const registry::Endpoint& endpoint, UnixMillis from);
  static bool was_paused(const registry::Endpoint& endpoint, UnixMillis from, UnixMillis to);
  int ends_of(const Item& item) const;
  void conclude(const std::string& delivery, const Of& of);
  void conclude_command(const Item& item);

  const RegistryScript& registry_;
  const bool timed_, by_class_, clocks_jump_;
  Pace pace_;
  Order order_;
  KeysInOrder keys_;
  std::map<std::pair<std::int32_t, std::int64_t>, Item> items_;  // by place
  std::map<std::string, Of> of_;                                 // by delivery
  std::set<std::string> identities_, results_;                   // that stand on the log
  std::set<std::string> told_;                                   // deliveries: of them a notice stands there
};

}  // namespace certes::dispatcher::simulation
