#include "tests/common/log/sqlite/child.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace certes::test {

Child::Child(const std::string& directory, const std::vector<std::string>& actions, const std::string& faults) {
  std::vector<std::string> words{CERTES_LOG_PROGRAM, directory};
  words.insert(words.end(), actions.begin(), actions.end());
  std::vector<char*> arguments;
  for (std::string& each : words) arguments.push_back(each.data());
  arguments.push_back(nullptr);
  // Made before the fork: the test may have threads.
  std::vector<std::string> variables{"CERTES_FAULTS=" + faults};
  if (!faults.empty()) {
    variables.push_back("LD_PRELOAD=" CERTES_FAULT_SHIM);
    variables.push_back("ASAN_OPTIONS=verify_asan_link_order=0");  // the shim stands before the sanitizer
  }
  std::vector<char*> environment;
  for (std::string& each : variables) environment.push_back(each.data());
  environment.push_back(nullptr);

  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execve(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  output_ = ::fdopen(ends[0], "r");
  if (pid_ < 0 || output_ == nullptr) throw std::runtime_error("no child");
}

Child::~Child() {
  if (pid_ > 0) kill();
  std::fclose(output_);
}

std::optional<std::string> Child::line() {
  std::string text;
  for (int c = std::fgetc(output_); c != EOF; c = std::fgetc(output_)) {
    if (c == '\n') return text;
    text.push_back(static_cast<char>(c));
  }
  return std::nullopt;  // a line that was cut is none
}

std::vector<std::string> Child::rest() {
  std::vector<std::string> lines;
  while (auto next = line()) lines.push_back(std::move(*next));
  return lines;
}

void Child::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace certes::test
