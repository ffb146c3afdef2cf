// One connection's TLS over its non-blocking socket.

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>

#include "common/http/server/tls.hpp"
#include "common/http/server/tls_socket.hpp"

namespace certes::http {

namespace {

int fd_of(BIO* bio) { return static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(bio))); }

int keep_retry(BIO* bio, ssize_t n, int flag) {
  ::BIO_clear_retry_flags(bio);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) ::BIO_set_flags(bio, flag | BIO_FLAGS_SHOULD_RETRY);
  if (n == 0) ::BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(n);
}

int read_socket(BIO* bio, char* to, int room) {
  return keep_retry(bio, ::recv(fd_of(bio), to, static_cast<std::size_t>(room), 0), BIO_FLAGS_READ);
}

int write_socket(BIO* bio, const char* from, int size) {
  return keep_retry(bio, ::send(fd_of(bio), from, static_cast<std::size_t>(size), MSG_NOSIGNAL), BIO_FLAGS_WRITE);
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* const method = ::BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "certes socket");
  if (!method) return nullptr;
  ::BIO_meth_set_read(method, read_socket);
  ::BIO_meth_set_write(method, write_socket);
  ::BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BIO* socket_bio(int fd) {
  static BIO_METHOD* const method = make_method();  // for the whole process
  BIO* const bio = method ? ::BIO_new(method) : nullptr;
  if (!bio) return nullptr;
  // A descriptor in the place of a pointer: nobody follows it.  NOLINTNEXTLINE(performance-no-int-to-ptr)
  ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  ::BIO_set_init(bio, 1);
  return bio;
}

TlsSession::~TlsSession() { ::SSL_free(ssl_); }

TlsSession::Step TlsSession::handshake() {
  ::ERR_clear_error();  // what another connection left would be taken for ours
  const int result = ::SSL_do_handshake(ssl_);
  if (result == 1) {
    ready_ = true;
    return Step::done;
  }
  const bool clear = ERR_GET_REASON(::ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  if (trouble(result) < 0 && errno == EAGAIN) return Step::again;
  return clear ? Step::not_tls : Step::failed;
}

ssize_t TlsSession::read(char* to, std::size_t room) {
  ::ERR_clear_error();
  std::size_t n = 0;
  const int result = ::SSL_read_ex(ssl_, to, room, &n);
  return result == 1 ? static_cast<ssize_t>(n) : trouble(result);
}

bool TlsSession::holds_input() const { return ::SSL_has_pending(ssl_) == 1; }

ssize_t TlsSession::write(const char* from, std::size_t size) {
  ::ERR_clear_error();
  std::size_t n = 0;
  const int result = ::SSL_write_ex(ssl_, from, size, &n);
  return result == 1 ? static_cast<ssize_t>(n) : trouble(result);
}

ssize_t TlsSession::trouble(int result) {
  switch (::SSL_get_error(ssl_, result)) {
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    default: break;
  }
  failed_ = true;
  ::ERR_clear_error();
  errno = EIO;
  return -1;
}

void TlsSession::end() {
  if (!ready_ || failed_ || ended_) return;
  ended_ = true;
  ::ERR_clear_error();
  ::SSL_shutdown(ssl_);
}

}  // namespace certes::http
