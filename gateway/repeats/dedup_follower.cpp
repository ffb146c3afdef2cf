#include "gateway/repeats/dedup_follower.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/event/event.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr Millis kQuestion{2'000};
constexpr Millis kPause{100};
constexpr Millis kShortPause{5};  // while somebody waits for it
constexpr std::size_t kPage = 1'024;

}  // namespace

DedupFollower::DedupFollower(log::Log& log, DedupIndex& index, const Clock& clock, metrics::Metrics& metrics,
                             Options options)
    : log_(log),
      index_(index),
      clock_(clock),
      options_(options),
      started_(clock.now()),
      seconds_(metrics.gauge("certes_gateway_read_back_seconds",
                             "From the start until the events of the de-duplication window had been read back.")),
      read_(metrics.counter("certes_gateway_followed_records_total", "Records read for de-duplication.")) {
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "certes-dedup");
}

DedupFollower::~DedupFollower() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

void DedupFollower::run() {
  for (;;) {
    const bool more = round();
    if (!read_back_) check_warm();
    if (read_back_ && !options_.follow) break;
    if (!more) pause();
    const Lock lock(mutex_);
    if (stopping_) break;
  }
  partitions_.clear();  // readers belong to the thread that made them
}

bool DedupFollower::round() {
  std::size_t count = 0;
  while (partitions_.size() < static_cast<std::size_t>(log_.partitions())) {  // some may be added while it runs
    const auto number = static_cast<std::int32_t>(partitions_.size());
    partitions_.emplace_back(log_, number);
  }
  for (Partition& partition : partitions_) {
    if (!partition.cursor.open() && !open(partition)) break;  // the log is away: each question would take its time
    count += read(partition);
  }
  return count != 0;
}

// Where the window begins, or the number of records does; behind what is no longer there.
bool DedupFollower::open(Partition& partition) {
  const auto range = log_.offsets(log::Topic::events, partition.number, kQuestion);
  if (!range) return false;
  log::ReadBack::Span span{range->start, range->start, range->end};
  if (options_.read_back.records > 0) {
    const auto at =
        log_.offset_at(log::Topic::events, partition.number, clock_.unix_millis() - options_.window.count(), kQuestion);
    if (!at) return false;
    span.window = *at;
  }
  partition.past = log::ReadBack(options_.read_back, span);
  partition.read_back = partition.past.from() >= partition.past.end();
  partition.cursor.go_to(partition.past.from());
  return true;
}

std::size_t DedupFollower::read(Partition& partition) {
  page_.clear();
  const auto count = partition.cursor.read(kPage, page_);
  if (!count) page_.clear();
  // Trimmed: on from what is there. Of another log nothing is the past that was sought.
  const auto gone = partition.cursor.gone();
  if (gone && gone->why == log::Cursor::Gone::replaced) partition.read_back = true;
  for (const auto& record : page_) learn(*record);
  if (!partition.read_back) go_nearer(partition);
  if (!count) return 0;
  read_.add(static_cast<double>(*count));
  return *count;
}

// What is left of the past may be too much.
void DedupFollower::go_nearer(Partition& partition) {
  for (const auto& record : page_) partition.past.took(*record);
  if (const auto to = partition.past.jump(partition.cursor.position())) partition.cursor.go_to(*to);
  if (partition.cursor.position() >= partition.past.end()) partition.read_back = true;
}

void DedupFollower::learn(const log::StoredRecord& record) {
  const auto what = event::identified(record);
  if (!what) return;
  const SteadyTime now = clock_.now();
  const Millis age{std::max<std::int64_t>(0, clock_.unix_millis() - record.appended_at)};
  index_.learn(what->identity, what->id, {record.partition, record.offset}, now - age, now);
}

void DedupFollower::check_warm() {
  read_back_ = std::all_of(partitions_.begin(), partitions_.end(), [](const auto& one) { return one.read_back; });
  const auto took = clock_.now() - started_;
  if (read_back_) {
    seconds_.set(std::chrono::duration<double>(took).count());
    tell();
  }
  if (!read_back_ && !warm_ && took >= options_.limit)
    spdlog::info(
        "gateway: ready before the events of before are read back (deduplication.read_back_seconds); until they are, a "
        "repeat of one may be answered as new (it is not delivered)");
  warm_ = warm_ || read_back_ || took >= options_.limit;
}

void DedupFollower::tell() const {
  std::int64_t records = 0, bytes = 0;
  auto bound = log::ReadBack::Bound::none;
  for (const Partition& partition : partitions_) {
    records += partition.past.records();
    bytes += partition.past.bytes();
    bound = std::max(bound, partition.past.bound());
  }
  spdlog::info("gateway: {} events read back, {} MiB, bounded by {}", records, bytes >> 20, log::to_string(bound));
}

void DedupFollower::pause() {
  Lock lock(mutex_);
  stop_.wait_for(lock, read_back_ ? kPause : kShortPause, [this]() CERTES_REQUIRES(mutex_) { return stopping_; });
}

}  // namespace certes::gateway::ingest
