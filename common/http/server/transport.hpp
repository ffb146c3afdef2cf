#pragma once
// Transport: a connection's socket, in the clear or under TLS. In the clear it is the system call and one test of a
// pointer. Who: Connection. Confined to its loop's thread; the socket is its owner's to close.

#include <sys/socket.h>
#include <sys/uio.h>

#include <memory>

#include "common/http/server/tls.hpp"

namespace certes::http {

class Transport {
 public:
  Transport(int fd, std::unique_ptr<TlsSession> tls) : fd_(fd), tls_(std::move(tls)) {}

  int fd() const { return fd_; }
  bool secure() const { return tls_ != nullptr; }
  // Whether bytes of HTTP may pass.
  bool ready() const { return !tls_ || tls_->ready(); }
  TlsSession::Step handshake() { return tls_->handshake(); }

  // As recv.
  ssize_t read(char* to, std::size_t room) { return tls_ ? tls_->read(to, room) : ::recv(fd_, to, room, 0); }
  // As sendmsg: some of `first`, or all of it and some of `second`.
  ssize_t write(iovec first, iovec second) {
    if (tls_) return first.iov_len > 0 ? write_one(first) : write_one(second);
    if (second.iov_len == 0) return ::send(fd_, first.iov_base, first.iov_len, MSG_NOSIGNAL);  // cheaper
    iovec parts[] = {first, second};
    msghdr whole{};
    whole.msg_iov = parts;
    whole.msg_iovlen = 2;
    return ::sendmsg(fd_, &whole, MSG_NOSIGNAL);
  }
  // Memory, about, that a handshake or a TLS record holds whose end has not come; it was measured with OpenSSL 3.
  std::size_t unfinished_bytes() const {
    if (!tls_) return 0;
    return tls_->ready() ? (tls_->holds_input() ? kRecordBytes : 0) : kHandshakeBytes;
  }
  // Nothing more will be written.
  void end_writing() {
    if (tls_) tls_->end();
    ::shutdown(fd_, SHUT_WR);
  }
  // Before the socket is closed.
  void leave() {
    if (tls_) tls_->end();
  }

 private:
  static constexpr std::size_t kHandshakeBytes = 48u << 10, kRecordBytes = 17u << 10;

  ssize_t write_one(iovec part) { return tls_->write(static_cast<const char*>(part.iov_base), part.iov_len); }

  int fd_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace certes::http
