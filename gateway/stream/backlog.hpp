#pragma once
// Backlog: what one watcher is still to be sent, in order. The texts are shared with all others that are shown the
// same; they are given out in slices, so that a connection never holds a whole event for a client that does not read.
// Who: Watchers, one per client. Pure; confined to its loop.

#include <cstddef>
#include <deque>
#include <string>

#include "gateway/stream/outlet.hpp"

namespace certes::gateway::stream {

class Backlog {
 public:
  // An id (none: without) and what stands behind it (none: the empty line).
  void push(Text id, Text text);
  bool empty() const { return pieces_.empty(); }
  // Still to be given out.
  std::size_t bytes() const { return bytes_; }
  // The memory that it holds, without the shared texts.
  std::size_t own_bytes() const { return own_bytes_; }

  // Appends what comes next, of as many as fit, up to `most` bytes.
  void take(std::string& out, std::size_t most);
  // Drops all but the rest of the one that was given out in part: only behind that can something else be said.
  void drop_unbegun();

 private:
  struct Piece {
    Text id, text;
    std::size_t size() const;
    std::size_t own_bytes() const;
    void append_from(std::string& out, std::size_t from, std::size_t most) const;
  };
  std::deque<Piece> pieces_;
  std::size_t given_ = 0;  // of the first
  std::size_t bytes_ = 0;
  std::size_t own_bytes_ = 0;
};

}  // namespace certes::gateway::stream
