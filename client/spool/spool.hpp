#pragma once
// Spool: where events wait until the gateway has accepted them, and where those that it refused are kept. FileSpool
// lasts (one SQLite file), MemorySpool does not. Who: Pipeline. Confined to the pipeline's thread; calls block for as
// long as the disk takes.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/spool/item.hpp"
#include "common/base/result.hpp"

namespace certes::client {

// What one commit changes: all of it or nothing.
struct Turn {
  std::vector<Item> added;         // in the order of publishing
  std::vector<std::int64_t> sent;  // forgotten
  std::vector<Refusal> rejected;   // moved to the rejected ones
  std::vector<Retry> retried;
  bool empty() const { return added.empty() && sent.empty() && rejected.empty() && retried.empty(); }
};

// How much is there, rejected events included.
struct SpoolSize {
  std::size_t events = 0;
  std::size_t bytes = 0;
};

class Spool {
 public:
  virtual ~Spool() = default;
  // Every event that waits, in order. Once, before anything else.
  virtual Result<void> each_waiting(const std::function<void(Entry&&)>& take) = 0;
  // Durable when it returns. The sequences of what was added, in order. Errors: unavailable: nothing of it is there;
  // unknown_outcome: all of it or nothing is, and the spool takes nothing more.
  virtual Result<std::vector<std::int64_t>> commit(const Turn& turn, UnixMillis now) = 0;
  virtual Result<Item> read(std::int64_t sequence) = 0;

  // Rejected ones above `after`, in order, with their events.
  virtual Result<std::vector<Rejected>> rejected(std::int64_t after, std::size_t limit) = 0;
  // Back to those that wait, as if published now. not_found: none has that sequence.
  virtual Result<Entry> restore(std::int64_t sequence) = 0;
  // Forgets it. Its bytes. not_found.
  virtual Result<std::size_t> drop(std::int64_t sequence) = 0;
  virtual Result<SpoolSize> rejected_size() = 0;

  // Why nothing more can be written until the process starts again; nothing: all is well.
  virtual std::optional<Error> failure() const = 0;
};

std::unique_ptr<Spool> make_memory_spool();
// Makes the directory where it is missing. Errors: conflict (another process has it), invalid (the file is something
// else), unavailable.
Result<std::unique_ptr<Spool>> open_file_spool(const std::string& directory);

}  // namespace certes::client
