#pragma once
// Tls: a listener's certificate, and what one connection needs to speak TLS 1.2 or 1.3 over its socket. Who: the
// server. A TlsContext is immutable, any thread; a TlsSession is confined to its loop's thread. The files are read
// again by TlsKeeper, any thread.
//
// Sockets do not block, so every call may end with "again": EAGAIN, as recv and send say it. ALPN offers http/1.1
// alone; session tickets belong to one reading of the files; renegotiation, compression and early data are off.

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/mutex.hpp"
#include "common/base/result.hpp"
#include "common/http/server/server.hpp"

struct ssl_st;
struct ssl_ctx_st;

namespace certes::http {

class TlsSession {
 public:
  enum class Step : std::uint8_t { done, again, failed, not_tls };

  explicit TlsSession(ssl_st* ssl) : ssl_(ssl) {}
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  bool ready() const { return ready_; }
  // not_tls: the client speaks HTTP in the clear.
  Step handshake();
  // As recv: 0 at the end, -1 with errno EAGAIN or EIO.
  ssize_t read(char* to, std::size_t room);
  // Whether bytes came that could not be read yet: part of a record.
  bool holds_input() const;
  // As send.
  ssize_t write(const char* from, std::size_t size);
  // Says that nothing more will be written, if it can be said now.
  void end();

 private:
  ssize_t trouble(int result);

  ssl_st* const ssl_;
  bool ready_ = false, failed_ = false, ended_ = false;
};

// One reading of the files.
class TlsContext {
 public:
  // Errors: invalid, which file and why, with the setting as pointer.
  static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Null when out of memory.
  std::unique_ptr<TlsSession> session(int fd) const;
  std::int64_t expires_at() const { return expires_at_; }

 private:
  Result<void> use(const TlsFiles& files);
  Result<void> use_client_authorities(const TlsFiles& files);

  ssl_ctx_st* const context_;
  std::int64_t expires_at_ = 0;
};

// The reading that new connections get, and the next ones.
class TlsKeeper {
 public:
  explicit TlsKeeper(TlsFiles files) : files_(std::move(files)) {}

  bool enabled() const { return !files_.cert_file.empty(); }
  Result<void> load();
  // True: read again, because a file has changed or `force`. Error: the new files are bad, once for each such state of
  // them; the old reading stays.
  Result<bool> reload(bool force);
  std::shared_ptr<const TlsContext> current() const;

 private:
  std::string stamp() const;

  const TlsFiles files_;
  mutable Mutex mutex_;
  std::shared_ptr<const TlsContext> current_ CERTES_GUARDED_BY(mutex_);
  std::string stamp_ CERTES_GUARDED_BY(mutex_);
  std::string failed_stamp_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::http
