#include "tests/common/log/sqlite/opened_log.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace certes::test {
namespace {

struct NoHandler final : log::MemberHandler {
  void on_assigned(const std::vector<std::int32_t>&) override {}
  void on_revoked(const std::vector<std::int32_t>&) override {}
  void on_lost(const std::vector<std::int32_t>&) override {}
};

}  // namespace

OpenedLog::OpenedLog(log::sqlite::Options its_options) : options(std::move(its_options)) {
  options.directory = directory.path();
  REQUIRE(reopen().has_value());
}

Result<void> OpenedLog::reopen() {
  log.reset();
  auto opened = log::sqlite::open(options, clock);
  if (!opened.has_value()) return fail(opened.error());
  log = std::move(opened.value());
  return {};
}

void OpenedLog::damage_page() {
  log.reset();
  std::fstream file(directory.file("certes.db"), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(400'000);
  file << std::string(50'000, 'x');
  file.close();
  REQUIRE(reopen().has_value());
}

void OpenedLog::ring() {
  const std::lock_guard lock(mutex_);
  set_ = true;
  rung_.notify_one();
}

bool OpenedLog::eventually(const std::function<bool()>& step) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!step()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, Millis(20), [this] { return set_; });
    set_ = false;
  }
  return true;
}

std::vector<log::AppendResult> OpenedLog::append(log::Topic topic, std::vector<log::Record> records,
                                                 std::int32_t partition) {
  log::AppenderOptions patient;
  patient.deadline = Millis(0);
  patient.may_use_reserve = true;
  const auto appender = log->appender(patient, wake());
  std::vector<log::AppendResult> results;
  const std::size_t count = records.size();
  for (log::Record& each : records) {
    const auto taken = appender->append(topic, partition, std::move(each), [&results](log::AppendResult&& result) {
      results.push_back(std::move(result));
    });
    REQUIRE(taken.has_value());
  }
  appender->flush();
  REQUIRE(eventually([&] {
    appender->poll();
    return results.size() == count;
  }));
  return results;
}

std::vector<log::AppendResult> OpenedLog::append(log::Topic topic, int count, std::size_t bytes) {
  std::vector<log::Record> records(static_cast<std::size_t>(count));
  for (log::Record& each : records) each.value.assign(bytes, 'v');
  return append(topic, std::move(records));
}

bool OpenedLog::commit(std::int64_t offset) {
  NoHandler handler;
  const auto member = log->join(handler, wake());
  bool done = false;
  bool good = false;
  REQUIRE(member->poll().has_value());
  member->commit(0, {offset, {}}, [&](const Result<void>& result) {
    done = true;
    good = result.has_value();
  });
  return eventually([&] { return member->poll().has_value() && done; }) && good;
}

log::Record identified(const std::string& id, log::Identity identity) {
  log::Record record;
  record.headers.add("certes-id", id);
  record.identity = identity;
  return record;
}

}  // namespace certes::test
