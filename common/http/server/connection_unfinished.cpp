// What a connection holds of requests that are not whole and of answers that are not taken, and how it gives that up.

#include "common/http/server/connection.hpp"
#include "common/http/server/framing_refusals.hpp"
#include "common/http/server/server_loop.hpp"

namespace certes::http {

// Buffers count as they are held, not as they are filled. Streams have limits of their own,
// which hold until they end.
std::size_t Connection::unfinished_bytes() const {
  if (phase_ == Phase::dead || phase_ == Phase::streaming) return 0;
  std::size_t bytes = in_.capacity();
  if (bytes > 0) bytes += framing_.held_bytes();
  if (phase_ == Phase::reading) bytes += transport_.unfinished_bytes();
  if (blocked_ && !output_empty()) bytes += out_.capacity() + body_.capacity();
  return bytes;
}

void Connection::weigh(bool moved) { loop_.weigh(*this, unfinished_bytes(), moved); }

void Connection::give_up_unfinished() {
  loop_.counters().count(Full::unfinished_bytes);
  const bool can_be_told = !blocked_ && transport_.ready();
  if (can_be_told && phase_ == Phase::reading) return refuse(kOverloaded);
  if (!can_be_told || phase_ != Phase::answering) return die();
  // The request that is being answered is whole; what was sent behind it goes.
  keep_alive_ = false;
  in_.clear();
  weigh(false);
}

}  // namespace certes::http
