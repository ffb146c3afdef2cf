#pragma once
// Changes and records for the tests of the registry.

#include <memory>
#include <string>
#include <vector>

#include "common/registry/replica.hpp"

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
  return change(Change::Op::put, "endpoints", std::move(id), R"({"url":")" + url + R"("})");
}
inline Change put_subscription(std::string id, const std::string& endpoint) {
  return change(Change::Op::put, "subscriptions", std::move(id), R"({"endpoint":")" + endpoint + R"(","pattern":"#"})");
}

inline log::RecordPtr record(std::int64_t offset, std::string value) {
  auto stored = std::make_shared<log::StoredRecord>();
  stored->topic = log::Topic::registry;
  stored->offset = offset;
  stored->appended_at = 1'000'000 + offset;
  stored->value = std::move(value);
  return stored;
}

// Everything in a state, as text: equal states, equal texts.
inline std::string text_of(const Decider& decider) {
  const SnapshotRecords records = make_snapshot(decider, "x", 0);
  std::string text;
  for (const auto& chunk : records.chunks) text += chunk;
  return text + records.end;
}

// A log of the registry topic in memory, and what a follower of it decides.
struct FakeLog {
  std::vector<log::RecordPtr> records;
  std::int64_t start = 0;
  std::int64_t end() const { return start + static_cast<std::int64_t>(records.size()); }
  void append(std::string value) { records.push_back(record(end(), std::move(value))); }
  void append(const std::string& change_id, const Change& c) { append(std::move(*encode(change_id, c))); }
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
