#pragma once
// OwnBroker: a Kafka broker of one test, to be stopped, killed or secured; deploy/kafka/kafka.sh runs it (its path is
// in CERTES_KAFKA). Gone with the test. Confined to the test's thread.

#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>

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
  void signal(int number) const { ::kill(std::stoi(contents("pid")), number); }
  std::string brokers() const { return contents(secured_ ? "sasl_brokers" : "brokers"); }
  std::string path(const std::string& name) const { return directory() + "/" + name; }

 private:
  std::string directory() const { return directory_.path() + "/kafka"; }
  std::string contents(const std::string& name) const {
    std::string line;
    std::getline(std::ifstream(path(name)), line);
    return line;
  }
  int run(std::vector<std::string> arguments) const {
    const char* script = std::getenv("CERTES_KAFKA");
    if (!script) throw std::runtime_error("CERTES_KAFKA is not set: run it by ctest");
    arguments.insert(arguments.begin(), script);
    arguments.insert(arguments.end(), {"--dir", directory()});
    return Process(std::move(arguments)).wait();
  }

  const bool secured_;
  TemporaryDirectory directory_;
};

}  // namespace certes::test
