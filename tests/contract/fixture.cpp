#include "tests/contract/fixture.hpp"

#include <doctest/doctest.h>

namespace certes::contract {

void Bell::ring() {
  const std::lock_guard lock(mutex_);
  set_ = true;
  rung_.notify_one();
}

bool Bell::wait(Millis at_most) {
  std::unique_lock lock(mutex_);
  const bool rang = rung_.wait_for(lock, at_most, [this] { return set_; });
  set_ = false;
  return rang;
}

log::Record record(std::string value, std::optional<std::string> key) {
  log::Record made;
  made.key = std::move(key);
  made.headers.add("certes-id", "evt_" + value.substr(0, 32));
  made.value = std::move(value);
  return made;
}

void Fixture::reopen() {
  log.reset();
  log = engine->open();
}

bool Fixture::eventually(const std::function<bool()>& step) {
  const auto end = std::chrono::steady_clock::now() + engine->capabilities().patience;
  while (!step()) {
    if (std::chrono::steady_clock::now() > end) return false;
    bell.wait(Millis(20));  // membership wants to be polled without being woken, too
  }
  return true;
}

log::AppenderOptions Fixture::patient() {
  log::AppenderOptions options;
  options.deadline = Millis(0);
  options.ordered = true;
  return options;
}

std::unique_ptr<log::Appender> Fixture::appender(log::AppenderOptions options) {
  return log->appender(options, bell.wake());
}

log::AppendResult Fixture::append(log::Topic topic, std::int32_t partition, log::Record one) {
  std::vector<log::Record> records;
  records.push_back(std::move(one));
  return append_all(topic, partition, std::move(records)).at(0);
}

std::vector<log::AppendResult> Fixture::append_all(log::Topic topic, std::int32_t partition,
                                                   std::vector<log::Record> records) {
  // Acknowledgements come in order within a partition, not across them.
  std::vector<log::AppendResult> results(records.size());
  std::size_t acknowledged = 0;
  const auto writer = appender();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto taken = writer->append(topic, partition, std::move(records[i]), [&, i](log::AppendResult&& result) {
      results[i] = std::move(result);
      ++acknowledged;
    });
    REQUIRE_MESSAGE(taken.has_value(), taken.error().message);
  }
  writer->flush();
  REQUIRE(eventually([&] {
    writer->poll();
    return acknowledged == results.size();
  }));
  return results;
}

std::unique_ptr<log::Reader> Fixture::reader(log::Topic topic, std::int32_t partition, std::int64_t from) {
  return log->reader(topic, partition, from, bell.wake());
}

std::vector<log::RecordPtr> Fixture::read(log::Reader& from, std::size_t count) {
  std::vector<log::RecordPtr> records;
  eventually([&] {
    while (records.size() < count) {
      const auto got = from.read(count - records.size(), records);
      if (!got.has_value() && got.error().code == Code::unavailable) return false;
      REQUIRE_MESSAGE(got.has_value(), got.error().message);
      if (*got == 0) return false;
    }
    return true;
  });
  return records;
}

}  // namespace certes::contract
