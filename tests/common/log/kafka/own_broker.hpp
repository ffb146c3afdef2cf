#pragma once
// OwnBroker: a Kafka broker of one test, to be stopped, killed or secured; deploy/kafka/kafka.sh runs it (its path is
// in CERTES_KAFKA). Gone with the test. Confined to the test's thread.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/common/log/kafka/process.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace certes::test {

class OwnBroker {
 public:
  explicit OwnBroker(bool secured = false) : secured_(secured) { start(); }
  ~OwnBroker() { run({"stop", "--discard"}); }

  // Begins, or goes on with the same ports and data.
  void start() {
    if (run(secured_ ? std::vector<std::string>{"start", "--secured"} : std::vector<std::string>{"start"}) != 0)
      throw std::runtime_error("the broker did not start");
  }
  // In order: its data is as it was written.
  void stop() const {
    if (run({"stop"}) != 0) throw std::runtime_error("the broker did not stop");
  }
  // Returns when each of its threads has stopped: until then it may still take a record or two.
  void stand_still() const {
    ::kill(pid(), SIGSTOP);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!stopped()) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("the broker did not stand still");
      std::this_thread::yield();
    }
  }
  void go_on() const { ::kill(pid(), SIGCONT); }
  // Ends it at once, and waits until it has gone: a start while it is still dying would take it for running.
  void kill() const {
    const int watched = static_cast<int>(::syscall(SYS_pidfd_open, pid(), 0));
    ::kill(pid(), SIGKILL);
    pollfd gone{watched, POLLIN, 0};
    const bool ended = watched >= 0 && ::poll(&gone, 1, 60'000) == 1;
    if (watched >= 0) ::close(watched);
    if (!ended) throw std::runtime_error("the broker did not end");
  }
  std::string brokers() const { return contents(secured_ ? "sasl_brokers" : "brokers"); }
  std::string path(const std::string& name) const { return directory() + "/" + name; }

 private:
  std::string directory() const { return directory_.path() + "/kafka"; }
  std::string contents(const std::string& name) const {
    std::string line;
    std::getline(std::ifstream(path(name)), line);
    return line;
  }
  pid_t pid() const { return std::stoi(contents("pid")); }
  bool stopped() const {
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid()) + "/task")) {
      std::string stat;
      std::getline(std::ifstream(task.path() / "stat"), stat);
      if (stat.substr(stat.rfind(')') + 1, 2) != " T") return false;
    }
    return true;
  }
  int run(std::vector<std::string> arguments) const {
    const char* script = std::getenv("CERTES_KAFKA");
    if (!script) throw std::runtime_error("CERTES_KAFKA is not set: run it by ctest");
    arguments.insert(arguments.begin(), script);
    // SCRAM with Kafka 4 is beyond Debian 12's librdkafka.
    if (secured_) arguments.insert(arguments.begin(), {"/usr/bin/env", "KAFKA_VERSION=3.9"});
    arguments.insert(arguments.end(), {"--dir", directory()});
    return Process(std::move(arguments)).wait();
  }

  const bool secured_;
  TemporaryDirectory directory_;
};

}  // namespace certes::test
