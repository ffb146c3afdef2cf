#include "common/http/server/stream.hpp"

#include <utility>

#include "common/http/server/server.hpp"

namespace certes::http {

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this == &other) return *this;
  close();
  loop_ = std::exchange(other.loop_, nullptr);
  connection_ = other.connection_;
  return *this;
}

bool Stream::open() const { return loop_ != nullptr && loop_->streaming(connection_) != nullptr; }

void Stream::write(std::string_view bytes) {
  if (bytes.empty() || loop_ == nullptr) return;
  if (StreamBody* body = loop_->streaming(connection_)) body->write(bytes);
}

std::size_t Stream::buffered() const {
  const StreamBody* body = loop_ ? loop_->streaming(connection_) : nullptr;
  return body ? body->buffered() : 0;
}

void Stream::close() {
  Loop* loop = std::exchange(loop_, nullptr);
  if (StreamBody* body = loop ? loop->streaming(connection_) : nullptr) body->end();
}

void Stream::on_drained(std::function<void()> drained) {
  if (StreamBody* body = loop_ ? loop_->streaming(connection_) : nullptr) body->on_drained = std::move(drained);
}

void Stream::on_closed(std::function<void()> closed) {
  if (StreamBody* body = loop_ ? loop_->streaming(connection_) : nullptr) body->on_closed = std::move(closed);
}

}  // namespace certes::http
