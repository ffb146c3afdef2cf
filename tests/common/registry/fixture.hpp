#pragma once
// Changes and records for the tests of the registry.

#include <memory>
#include <string>
#include <vector>

#include "common/registry/kinds.hpp"
#include "common/registry/proposal.hpp"
#include "common/registry/replica.hpp"
#include "common/registry/resource_json.hpp"

namespace certes::registry::testing {

inline Change change(Change::Op op, std::string kind, std::string id, std::string body = {}) {
  Change c;
  c.op = op;
  c.kind = std::move(kind);
  c.id = std::move(id);
  c.body = std::move(body);
  c.by = "tester";
  return c;
}
inline Change put_endpoint(std::string id, std::string url = "http://example.com/") {
  Change c = change(Change::Op::put, "endpoints", std::move(id), R"({"url":")" + url + R"("})");
  c.envelope.state = "active";
  return c;
}
inline Change put_subscription(std::string id, const std::string& endpoint) {
  Change c =
      change(Change::Op::put, "subscriptions", std::move(id), R"({"endpoint":")" + endpoint + R"(","pattern":"#"})");
  c.envelope.needs = {registry_key("default", "endpoints", endpoint)};
  return c;
}

inline Change of(std::string tenant, Change c) {
  c.tenant = std::move(tenant);
  return c;
}

// With the envelope that change_to gives a resource of that body; as it is, where that is none.
inline Change proposed(Change c) {
  with_kind(c.kind, [&](auto type) {
    using T = typename decltype(type)::type;
    auto resource = parse<T>(c.body, Form::stored);
    if (!resource) return;
    resource->tenant = c.tenant;
    resource->id = c.id;
    const std::string state = c.envelope.state;
    c.envelope = envelope_of(*resource);
    if (!state.empty()) c.envelope.state = state;
  });
  return c;
}

inline log::RecordPtr record(std::int64_t offset, std::string value) {
  auto stored = std::make_shared<log::StoredRecord>();
  stored->topic = log::Topic::registry;
  stored->offset = offset;
  stored->appended_at = 1'000'000 + offset;
  stored->value = std::move(value);
  return stored;
}

struct SnapshotRecords {
  std::vector<std::string> chunks;
  std::string end;
};
inline SnapshotRecords make_snapshot(const Decider& decider, const std::string& id, std::int64_t as_of,
                                     std::size_t chunk_bytes = 128u << 10) {
  SnapshotWriter writer(decider, id, as_of, chunk_bytes);
  SnapshotRecords records;
  while (auto chunk = writer.next_chunk()) records.chunks.push_back(std::move(*chunk));
  records.end = writer.end();
  return records;
}

// Everything in a ledger, as text: equal ledgers, equal texts.
inline std::string text_of(const Decider& decider) {
  const SnapshotRecords records = make_snapshot(decider, "x", 0);
  std::string text;
  for (const auto& chunk : records.chunks) text += chunk;
  return text + records.end;
}

// Decides changes as if they stood one behind the other in the log, with what change_to would have said of them.
struct Deciding {
  Decider decider;
  Catalogue catalogue;
  int changes = 0;
  Result<Decision> operator()(const Change& c) {
    return decide("chg_" + std::to_string(++changes), proposed(c)).value();
  }
  Result<Decision> raw(const Change& c) { return decide("chg_" + std::to_string(++changes), c).value(); }
  std::optional<Result<Decision>> decide(const std::string& id, const Change& c) {
    const Record entry = decode(*encode(id, c));
    return decider.decide(std::get<ChangeRecord>(entry), 1'000 + changes, changes);
  }
  const State& state() {
    for (const std::string& key : decider.take_changed()) catalogue.update(key, decider.ledger().find(key));
    return catalogue.state();
  }
};

// A log of the registry topic in memory, and what a follower of it decides.
struct FakeLog {
  std::vector<log::RecordPtr> records;
  std::int64_t start = 0;
  std::int64_t end() const { return start + static_cast<std::int64_t>(records.size()); }
  void append(std::string value) { records.push_back(record(end(), std::move(value))); }
  void append(const std::string& change_id, const Change& c) { append(std::move(*encode(change_id, proposed(c)))); }
  void append_snapshot(const Decider& decider, const std::string& id, std::int64_t as_of, std::size_t chunk_bytes) {
    const auto snapshot = make_snapshot(decider, id, as_of, chunk_bytes);
    for (const auto& chunk : snapshot.chunks) append(chunk);
    append(snapshot.end);
  }
  void trim(std::int64_t before) {
    records.erase(records.begin(), records.begin() + (before - start));
    start = before;
  }
};

inline std::vector<Decided> follow(Replica& replica, const FakeLog& log, std::int64_t from = 0) {
  std::vector<Decided> decided;
  for (const auto& r : log.records) {
    if (r->offset >= from) replica.apply(r, decided);
  }
  return decided;
}

}  // namespace certes::registry::testing
