#pragma once
// Process: a child of the test, talked to by lines. Killed with it. Confined to the test's thread.

#include <string>
#include <vector>

#include <sys/types.h>

namespace certes::test {

class Process {
 public:
  // Throws if it cannot be started. Its standard error is the test's.
  explicit Process(std::vector<std::string> command);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void signal(int number) const;
  // Reads on until this line comes; false: it ended, or a minute went by.
  bool await_line(const std::string& line);
  // Writes a line, gives the next one that is its answer: "= ANSWER".
  std::string ask(const std::string& line);
  // Reads to the end and waits for it: its exit status.
  int wait();
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  bool read_line(std::string& line);

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string buffer_;
  std::vector<std::string> lines_;  // that were read
};

// A program built beside this test's.
std::string sibling(const std::string& name);

}  // namespace certes::test
