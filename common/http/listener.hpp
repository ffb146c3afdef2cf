#pragma once
// Listener: a bound, listening TCP socket. Who: the server. Confined to one thread.

#include <cstdint>
#include <string>

#include "common/base/result.hpp"

struct sockaddr_storage;

namespace certes::http {

class Listener {
 public:
  // `listen`: host:port or [v6]:port, numeric. `name`: whose, for the hint in errors (`gateway` → `gateway.listen`).
  // Errors: invalid (no such address), conflict (in use).
  static Result<Listener> bind(const std::string& listen, const std::string& name);
  Listener() = default;
  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener() { close(); }

  int fd() const { return fd_; }
  std::uint16_t port() const { return port_; }
  const std::string& address() const { return address_; }  // that was bound: numeric
  void close();

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::string address_;
};

// The numeric address of a peer, without port.
std::string numeric_address(const sockaddr_storage& address);
std::uint16_t port_of(const sockaddr_storage& address);

}  // namespace certes::http
