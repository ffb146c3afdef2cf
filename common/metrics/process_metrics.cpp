#include "common/metrics/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

namespace certes::metrics {
namespace {

// Of /proc/self/stat, behind the name, which may hold anything but ends at the last ')'.
struct ProcessStat {
  double threads = 0, started_ticks = 0, virtual_bytes = 0, resident_pages = 0;
};

bool read_process_stat(ProcessStat& stat) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return false;
  const auto name = line.rfind(')');
  if (name == std::string::npos) return false;
  std::istringstream fields(line.substr(name + 1));
  std::string skipped;
  for (int field = 3; field < 20; ++field) fields >> skipped;
  fields >> stat.threads >> skipped >> stat.started_ticks >> stat.virtual_bytes >> stat.resident_pages;
  return !fields.fail();
}

// Seconds since 1970; 0: unknown.
double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;)
    if (double seconds = 0; word == "btime" && file >> seconds) return seconds;
  return 0;
}

std::optional<std::size_t> count_descriptors() {
  std::error_code failed;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", failed), end; !failed && each != end;
       each.increment(failed))
    ++count;
  if (failed || count == 0) return std::nullopt;
  return count - 1;  // without the one that reads them
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

class ProcessMetrics {
 public:
  explicit ProcessMetrics(Metrics& metrics)
      : cpu_(metrics.counter("process_cpu_seconds_total", "CPU time of this process, user and system")),
        open_descriptors_(metrics.gauge("process_open_fds", "Descriptors that are open")),
        max_descriptors_(metrics.gauge("process_max_fds", "Descriptors that may be open")),
        virtual_bytes_(metrics.gauge("process_virtual_memory_bytes", "Virtual memory")),
        resident_bytes_(metrics.gauge("process_resident_memory_bytes", "Resident memory")),
        started_(metrics.gauge("process_start_time_seconds", "When this process was started, since 1970")),
        threads_(metrics.gauge("process_threads", "Threads")) {}

  void measure() {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) == 0) {
      const double cpu = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
      cpu_.add(cpu - counted_);
      counted_ = cpu;
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) max_descriptors_.set(static_cast<double>(limit.rlim_cur));
    if (const auto open = count_descriptors()) open_descriptors_.set(static_cast<double>(*open));
    ProcessStat stat;
    if (!read_process_stat(stat)) return;
    virtual_bytes_.set(stat.virtual_bytes);
    resident_bytes_.set(stat.resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    threads_.set(stat.threads);
    started_.set(booted_ + stat.started_ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  }

 private:
  const double booted_ = boot_time();
  double counted_ = 0;  // of the CPU time
  Counter cpu_;
  Gauge open_descriptors_, max_descriptors_, virtual_bytes_, resident_bytes_, started_, threads_;
};

}  // namespace

void add_process_metrics(Metrics& metrics) {
  metrics.on_scrape([its = std::make_shared<ProcessMetrics>(metrics)] { its->measure(); });
}

}  // namespace certes::metrics
