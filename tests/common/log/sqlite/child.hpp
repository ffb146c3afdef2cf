#pragma once
// Child: log_program in a process of its own, its output line by line. Confined to the test's thread.

#include <sys/types.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

namespace certes::test {

class Child {
 public:
  // `faults`: the shim is preloaded and takes its faults from this file; empty: no shim.
  Child(const std::string& directory, const std::vector<std::string>& actions, const std::string& faults = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // The next line; nothing at the end. Blocks until there is one.
  std::optional<std::string> line();
  // All lines to the end.
  std::vector<std::string> rest();
  // kill -9, and waits for its end.
  void kill();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::FILE* output_ = nullptr;
};

}  // namespace certes::test
