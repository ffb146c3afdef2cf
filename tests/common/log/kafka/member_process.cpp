// A member of the group in a process of its own, for tests that stop or kill one: says what it is told, one line each,
// and commits when asked to ("commit PARTITION OFFSET"). Arguments: brokers, prefix, session timeout in seconds.

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <sstream>

#include "common/base/event_fd.hpp"
#include "common/base/seconds.hpp"
#include "common/log/kafka/kafka_log.hpp"

namespace certes {
namespace {

struct Printed final : log::MemberHandler {
  void on_assigned(const std::vector<std::int32_t>& partitions) override { print("assigned", partitions); }
  void on_revoked(const std::vector<std::int32_t>& partitions) override {
    print("revoked", partitions);
    for (const std::int32_t p : partitions) member->release(p);
  }
  void on_lost(const std::vector<std::int32_t>& partitions) override { print("lost", partitions); }
  static void print(const char* what, const std::vector<std::int32_t>& partitions) {
    std::printf("%s %zu\n", what, partitions.size());
    std::fflush(stdout);
  }
  log::Member* member = nullptr;
};

void answer(const Result<void>& result) {
  const std::string text = result.has_value()                      ? "committed"
                           : result.error().code == Code::conflict ? "conflict"
                                                                   : result.error().message;
  std::printf("= %s\n", text.c_str());
  std::fflush(stdout);
}

// False: standard input has ended.
bool serve_input(log::Member& member) {
  pollfd readable{STDIN_FILENO, POLLIN, 0};
  if (::poll(&readable, 1, 0) <= 0) return true;
  std::string line, word;
  if (!std::getline(std::cin, line)) return false;
  std::istringstream words(line);
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  words >> word >> partition >> offset;
  member.commit(partition, {offset, "child"}, [](Result<void> result) { answer(result); });
  return true;
}

int run(log::kafka::Options options) {
  const SystemClock clock;
  const EventFd woken;
  auto log = log::kafka::open(std::move(options), clock);
  if (!log.has_value() || !(*log)->prepare().has_value()) return 1;
  Printed handler;
  const auto member = (*log)->join(handler, [&] { woken.notify(); });
  handler.member = member.get();
  for (;;) {
    if (!member->poll().has_value()) return 1;
    if (!serve_input(*member)) return 0;
    pollfd fds[2] = {{woken.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    ::poll(fds, 2, 100);
    woken.drain();
  }
}

}  // namespace
}  // namespace certes

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  certes::log::kafka::Options options;
  options.kafka.brokers = argv[1];
  options.kafka.prefix = argv[2];
  options.kafka.partitions = 3;
  options.kafka.session_timeout = certes::millis_of(std::stod(argv[3]));
  return certes::run(std::move(options));
}
