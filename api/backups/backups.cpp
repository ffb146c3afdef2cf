#include "api/backups/backups.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "common/registry/resource_json.hpp"

namespace certes::api {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".db";
constexpr int kNice = 10;

UnixMillis modified_at(const fs::directory_entry& entry) {
  std::error_code error;
  const auto at = entry.last_write_time(error);
  return std::chrono::duration_cast<Millis>(std::chrono::file_clock::to_sys(at).time_since_epoch()).count();
}

// certes-20260131T080000Z
std::string name_at(UnixMillis now) {
  std::string text = format_rfc3339(now);
  text = text.substr(0, text.find_first_of(".Z"));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return "certes-" + text + "Z";
}

// What is shown of it is of use in another working directory, too.
Backups::Options with_absolute_path(Backups::Options options) {
  std::error_code error;
  const fs::path path = fs::absolute(options.directory, error);
  if (!error) options.directory = path.lexically_normal().string();
  return options;
}

}  // namespace

std::string_view to_string(Backup::State state) {
  switch (state) {
    case Backup::State::running: return "running";
    case Backup::State::done: return "done";
    case Backup::State::failed: return "failed";
  }
  return "failed";
}

Backups::Backups(Options options, log::Log& log, const Clock& clock, metrics::Metrics& metrics)
    : options_(with_absolute_path(std::move(options))),
      log_(log),
      clock_(clock),
      last_success_(metrics.gauge("certes_backup_last_success_timestamp_seconds",
                                  "When the newest backup that is there was done; 0: there is none")),
      done_(metrics.counter("certes_backups_total", "Backups that this process has made", {{"outcome", "done"}})),
      failed_(metrics.counter("certes_backups_total", "Backups that this process has made", {{"outcome", "failed"}})) {
  const auto there = list();
  if (there && !there->empty()) last_success_.set(static_cast<double>(*there->front().ended_at) / 1'000);
}

Backups::~Backups() {
  stopping_ = true;
  signal_.wake();
  std::thread last;
  {
    const Lock lock(mutex_);
    last = std::move(thread_);
  }
  if (last.joinable()) last.join();
}

Result<Backup> Backups::begin(std::string name) {
  if (name.empty()) name = name_at(clock_.unix_millis());
  if (!registry::valid_id(name) || name.front() == '.')
    return fail(Code::invalid, "a name is 1 to 128 of A-Z a-z 0-9 . _ ~ -, and does not begin with a dot", "/name");
  std::error_code error;
  if (fs::create_directories(options_.directory, error))
    fs::permissions(options_.directory, fs::perms::owner_all, error);
  if (error)
    return fail(Code::unavailable, options_.directory + " cannot be made: " + error.message() + " (backup.dir)");
  const Lock lock(mutex_);
  if (latest_ && latest_->state == Backup::State::running)
    return fail(Code::conflict, latest_->name + " is being made: one at a time");
  if (fs::exists(backup_of(name).file, error)) return fail(Code::conflict, "there is a backup of that name", "/name");
  if (thread_.joinable()) thread_.join();  // it has ended
  latest_ = backup_of(name);
  latest_->started_at = clock_.unix_millis();
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "backup");
  return *latest_;
}

Backup Backups::backup_of(const std::string& name) const {
  Backup backup;
  backup.name = name;
  backup.file = options_.directory + "/" + name + std::string(kExtension);
  return backup;
}

void Backups::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  const SteadyTime begun = clock_.now();
  std::string file, why;
  {
    const Lock lock(mutex_);
    file = latest_->file;
  }
  auto report = log_.copy_to(file, [&](const log::CopyProgress& progress) { return pace(progress, begun, why); });
  if (!report && !why.empty()) report = fail(Code::unavailable, why);
  if (report) drop_old();
  end(report);
}

bool Backups::pace(const log::CopyProgress& progress, SteadyTime begun, std::string& why) {
  {
    const Lock lock(mutex_);
    latest_->bytes = progress.bytes;
    latest_->total = progress.total;
  }
  std::error_code error;
  const auto space = fs::space(options_.directory, error);
  if (!error && space.available < options_.reserve_bytes) {
    why = options_.directory +
          ": the disk has no more free space than store.reserve_bytes; delete old backups, or let "
          "backup.dir name another disk";
    return false;
  }
  if (options_.bytes_per_second > 0) {
    const std::chrono::duration<double> took(static_cast<double>(progress.bytes) /
                                             static_cast<double>(options_.bytes_per_second));
    const auto due = begun + std::chrono::duration_cast<SteadyTime::duration>(took);
    while (!stopping_ && clock_.now() < due) signal_.wait(std::chrono::ceil<Millis>(due - clock_.now()));
  }
  if (stopping_) why = "it was ended before it was whole";
  return !stopping_;
}

// After it the thread takes no lock: the next begin() waits for its end with that.
void Backups::end(const Result<log::CopyReport>& report) {
  const Lock lock(mutex_);
  latest_->ended_at = clock_.unix_millis();
  latest_->state = report ? Backup::State::done : Backup::State::failed;
  if (!report) {
    latest_->error = report.error().message;
    failed_.add();
    spdlog::warn("backup: {} is not made: {}", latest_->name, latest_->error);
    return;
  }
  latest_->bytes = latest_->total = report->bytes;
  latest_->records = report->records;
  last_success_.set(static_cast<double>(*latest_->ended_at) / 1'000);
  done_.add();
  spdlog::info("backup: {} is done: {} bytes, {} records", latest_->file, report->bytes, report->records);
}

// Before the newest is said to be done, which is one of those that are kept.
void Backups::drop_old() {
  const auto there = options_.keep > 0 ? list() : Result<std::vector<Backup>>();
  if (!there) return;
  std::size_t kept = 1;
  for (const Backup& each : *there) {
    if (each.state != Backup::State::done || ++kept <= options_.keep) continue;
    std::error_code error;
    fs::remove(each.file, error);
    spdlog::info("backup: {} is deleted, as {} newer ones are there (backup.keep)", each.file, options_.keep);
  }
}

Result<std::vector<Backup>> Backups::list() const {
  std::vector<Backup> all;
  std::error_code error;
  const Lock lock(mutex_);
  if (latest_) all.push_back(*latest_);
  for (fs::directory_iterator it(options_.directory, error), end; !error && it != end; it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (!file.ends_with(kExtension)) continue;
    const std::string name = file.substr(0, file.size() - kExtension.size());
    if (latest_ && latest_->name == name) continue;
    const auto bytes = static_cast<std::int64_t>(it->file_size(error));
    Backup& found = all.emplace_back(backup_of(name));
    found.state = Backup::State::done;
    found.bytes = found.total = bytes;
    found.ended_at = modified_at(*it);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Code::unavailable, options_.directory + " cannot be read: " + error.message());
  std::ranges::sort(all, std::greater{},
                    [](const Backup& each) { return std::pair(each.ended_at.value_or(INT64_MAX), each.name); });
  return all;
}

Result<Backup> Backups::find(const std::string& name) const {
  auto all = list();
  if (!all) return fail(all.error());
  const auto found = std::ranges::find(*all, name, &Backup::name);
  if (found == all->end()) return fail(Code::not_found, "there is no backup of that name");
  return *found;
}

Result<void> Backups::remove(const std::string& name) {
  const auto found = find(name);
  if (!found) return fail(found.error());
  const Lock lock(mutex_);
  if (latest_ && latest_->name == name && latest_->state == Backup::State::running) {
    stopping_ = true;
    signal_.wake();
    return {};
  }
  std::error_code error;
  fs::remove(found->file, error);
  if (error) return fail(Code::unavailable, found->file + " cannot be deleted: " + error.message());
  if (latest_ && latest_->name == name) latest_.reset();
  return {};
}

}  // namespace certes::api
