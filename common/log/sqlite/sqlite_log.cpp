#include "common/log/sqlite/sqlite_log.hpp"

#include <future>

#include "common/log/sqlite/appender.hpp"
#include "common/log/sqlite/copy.hpp"
#include "common/log/sqlite/erasure.hpp"
#include "common/log/sqlite/member.hpp"
#include "common/log/sqlite/picker.hpp"
#include "common/log/sqlite/reader.hpp"
#include "common/log/sqlite/schema.hpp"
#include "common/log/sqlite/store.hpp"
#include "common/log/sqlite/transaction.hpp"
#include "common/log/sqlite/wiping.hpp"
#include "common/log/sqlite/writer.hpp"

namespace certes::log::sqlite {
namespace {

// Latest records kept in memory: of events in all, and of each other partition.
constexpr std::size_t kRecentEventsBytes = 6u << 20;
constexpr std::size_t kRecentOthersBytes = 256u << 10;

class TrimJob final : public Job {
 public:
  TrimJob(Partition& partition, std::int64_t before) : partition_(partition), before_(before) {}
  std::future<Result<void>> done() { return done_.get_future(); }
  void apply(Transaction& transaction) override {
    const std::int64_t start = std::min(before_, partition_.next());
    if (start > partition_.range().start) transaction.set_start(partition_, start);
  }
  void finish(AppendOutcome outcome, const Error& error) override {
    if (outcome == AppendOutcome::persisted)
      done_.set_value({});
    else
      done_.set_value(fail(error));
  }

 private:
  Partition& partition_;
  const std::int64_t before_;
  std::promise<Result<void>> done_;
};

class SqliteLog final : public Log {
 public:
  SqliteLog(std::unique_ptr<Store> store, std::unique_ptr<Connection> connection)
      : store_(std::move(store)), writer_(*store_, std::move(connection)) {}

  std::string_view engine() const override { return "sqlite"; }
  Result<void> prepare() override { return health(); }
  std::int32_t partitions() const override { return store_->options.partitions; }
  bool exact_deduplication() const override { return true; }
  std::size_t max_record_bytes(Topic topic) const override { return record_limit(store_->options, topic); }
  Millis session_timeout() const override { return Millis(3'600'000); }  // nobody else could take over
  bool crowded() const override { return store_->space.nearly_full(); }
  Result<void> health() const override { return store_->health.state(); }

  std::unique_ptr<Appender> appender(AppenderOptions options, Wake wake) override {
    return std::make_unique<SqliteAppender>(*store_, options, std::move(wake));
  }
  std::unique_ptr<Reader> reader(Topic topic, std::int32_t partition, std::int64_t from, Wake wake) override {
    Partition* of = store_->partition(topic, partition);
    if (of == nullptr) throw std::invalid_argument("no such partition");
    return std::make_unique<SqliteReader>(*store_, *of, from, std::move(wake));
  }
  std::unique_ptr<Picker> picker(Wake wake) override {
    return std::make_unique<SqlitePicker>(*store_, std::move(wake));
  }
  std::unique_ptr<Member> join(MemberHandler& handler, Wake wake) override {
    return std::make_unique<SqliteMember>(*store_, handler, std::move(wake));
  }

  Result<OffsetRange> offsets(Topic topic, std::int32_t partition, Millis) override {
    const Partition* of = store_->partition(topic, partition);
    if (of == nullptr) return no_partition();
    return of->range();
  }
  Result<std::int64_t> offset_at(Topic topic, std::int32_t partition, UnixMillis at, Millis timeout) override;
  Result<void> trim(Topic topic, std::int32_t partition, std::int64_t before, Millis timeout) override;
  Result<void> erase(Topic topic, std::int32_t partition, std::vector<OffsetRange> runs, Millis timeout) override {
    Partition* of = store_->partition(topic, partition);
    if (of == nullptr) return no_partition();
    return sqlite::erase(*store_, *of, std::move(runs), timeout);
  }
  Result<bool> wipe(Millis timeout) override { return sqlite::wipe(*store_, timeout); }
  Result<CopyReport> copy_to(const std::string& path, const CopyPace& pace) override {
    return copy(*store_, path, pace);
  }
  void keep_from(Topic topic, std::int32_t partition, std::int64_t offset) override {
    if (Partition* of = store_->partition(topic, partition)) of->keep_from(offset);
  }

 private:
  static tl::unexpected<Error> no_partition() { return fail(Code::invalid, "there is no such partition"); }

  const std::unique_ptr<Store> store_;
  Writer writer_;
};

Result<std::int64_t> SqliteLog::offset_at(Topic topic, std::int32_t partition, UnixMillis at, Millis timeout) {
  const Partition* of = store_->partition(topic, partition);
  if (of == nullptr) return no_partition();
  try {
    auto lease = store_->reads.take(timeout);
    if (!lease) return fail(Code::timeout, "the log is being compacted");
    const OffsetRange range = of->range();
    return first_not_before(lease->time(of->table), range.start, range.end, at);
  } catch (const Failure& failure) {
    return fail(judge(failure, Stage::reading, store_->path).error);
  }
}

Result<void> SqliteLog::trim(Topic topic, std::int32_t partition, std::int64_t before, Millis timeout) {
  Partition* of = store_->partition(topic, partition);
  if (of == nullptr) return no_partition();
  if (before <= of->range().start) return {};
  auto job = std::make_unique<TrimJob>(*of, before);
  auto done = job->done();
  store_->jobs.post(std::move(job));
  if (done.wait_for(timeout) != std::future_status::ready) return no_answer();
  return done.get();
}

Result<std::unique_ptr<Log>> open_locked(Options options, const Clock& clock, DirectoryLock lock) {
  const std::string path = options.directory + "/" + std::string(kFile);
  keep_private(path);
  try {
    auto connection = std::make_unique<Connection>(path);
    if (connection->read_only())
      return fail(Code::unavailable, path +
                                         " is read-only: it must be writable by this user (--data DIR names another "
                                         "directory)");
    const auto made = make_or_check(*connection, path, options.partitions);
    if (!made.has_value()) return fail(made.error());
    std::vector<std::unique_ptr<Partition>> partitions;
    for (int t = 0; t < kTopics; ++t) {
      const Topic topic = static_cast<Topic>(t);
      const std::size_t recent = topic == Topic::events
                                     ? kRecentEventsBytes / static_cast<std::size_t>(options.partitions)
                                     : kRecentOthersBytes;
      for (std::int32_t p = 0; p < partitions_of(topic, options.partitions); ++p)
        partitions.push_back(std::make_unique<Partition>(topic, p, stored_range(*connection, topic, p), recent));
    }
    auto commits = stored_commits(*connection, options.partitions);
    auto store = std::make_unique<Store>(std::move(options), clock, path, std::move(lock), std::move(partitions),
                                         std::move(commits));
    return std::make_unique<SqliteLog>(std::move(store), std::move(connection));
  } catch (const Failure& failure) {
    return fail(judge(failure, Stage::reading, path).error);
  }
}

}  // namespace

Result<std::unique_ptr<Log>> open(Options options, const Clock& clock) {
  if (options.partitions < 1) return fail(Code::invalid, "the log needs at least one partition");
  auto lock = DirectoryLock::take(options.directory);
  if (!lock.has_value()) return fail(lock.error());
  return open_locked(std::move(options), clock, std::move(lock.value()));
}

}  // namespace certes::log::sqlite
