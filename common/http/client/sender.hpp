#pragma once
// Sender: makes many HTTP requests at once on threads of its own (libcurl multi, epoll), with keep-alive, and dials
// only addresses that are allowed after resolution. Who: dispatcher/delivery. Threads: submit, abort and poll belong to
// one thread; completions are collected by poll(); `wake` is called by sender threads when there are some, and must not
// block.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/phases.hpp"
#include "common/base/result.hpp"
#include "common/http/client/resolver.hpp"
#include "common/http/networks.hpp"
#include "common/http/own_listeners.hpp"

namespace certes::http {

// Who may be dialled. The refused ranges are those of docs/operating.md (RFC 6890 and successors).
class AddressPolicy {
 public:
  // `allow`: CIDRs that are allowed although refused by default. Error: which one is no CIDR.
  static Result<AddressPolicy> make(const std::vector<std::string>& allow);
  // Nothing: allowed. Otherwise a sentence with the address, its range and the setting. `address`: numeric, v4 or v6.
  std::optional<std::string> refusal(std::string_view address, std::uint16_t port) const;
  // Where this process listens: refused, however allowed. Shared by all copies; any thread.
  OwnListeners& own_listeners() const { return *own_; }

 private:
  Networks allow_;
  std::shared_ptr<OwnListeners> own_ = std::make_shared<OwnListeners>();
};

enum class TransferError : std::uint8_t {
  none,
  dns,  // the name does not exist, or has no address
  connect,
  tls,
  timeout,
  refused_address,
  reset,
  aborted,
  too_large,   // the answer's header
  unresolved,  // the name server's fault: not the endpoint's
  local,       // no descriptors, memory or ports: ours
  transform,   // the caller's: there was nothing to be sent
  auth,        // there is no token to send it with: nobody tried
  internal
};
std::string_view to_string(TransferError error);
// Nothing was sent, and what kept it from being sent says nothing of who was to get it.
inline bool not_tried(TransferError error) {
  return error == TransferError::unresolved || error == TransferError::local;
}

inline constexpr Millis kSlowTransfer{1'000};

// What TLS of a request is its own, as PEM; what is empty is as of all. Connections are shared by those that have the
// same.
struct TransferTls {
  std::string ca;           // who may have signed the receiver's certificate, and nobody else
  std::string cert, key;    // what is shown where a client's certificate is asked for
  std::string server_name;  // that the receiver's certificate must be for, and is asked for; else the URL's host
};

struct Transfer {
  std::uint64_t id = 0;  // the caller's; comes back
  std::string url;
  std::string address = {};                // of its name, the one to dial; empty: whichever takes the connection
  std::vector<std::string> headers;        // "name: value", checked by the caller
  std::shared_ptr<const void> body_owner;  // keeps body alive
  std::string_view body;
  Millis timeout{15'000};                       // whole request
  std::size_t affinity = 0;                     // same value → same thread (an endpoint's)
  std::size_t keep_bytes = 0;                   // of the answer's body; 0: as SenderOptions has it
  std::string tenant;                           // whose: names are looked up, and waited for, by shares
  std::shared_ptr<const TransferTls> tls = {};  // null: it has none of its own
  // The sender's own: since when it waits for its name; max: it does not.
  SteadyTime name_asked = SteadyTime::max();
};

struct TransferResult {
  std::uint64_t id = 0;
  TransferError error = TransferError::none;
  int status = 0;            // 0: no answer; stands once the header is complete, whatever becomes of the body
  std::string message;       // of an error
  bool unsent = false;       // of an error: nothing of the request had gone out
  std::string retry_after;   // header, as sent
  std::string body;          // at most 4 KB; the rest is read up to the limit and dropped
  bool body_cut = false;     // there was a rest, or should have been
  bool body_broken = false;  // it broke off: reset, timed out, given up
  std::string content_type;  // of the body, as sent; empty: none, or longer than 256 bytes
  std::uint64_t duration_us = 0;
  Phases phases = {};
  // These two only where it did not go well (2xx), or took kSlowTransfer. The address that was dialled, or whose
  // connection was used, with its port; empty: none. The answer's header as "name: value" lines, of which what does not
  // fit AnswerHead::kMostKept is left out; cookies always are.
  std::string address = {}, header = {};
  Millis retry_in{0};             // of what was not tried: not before that
  ResolutionPtr resolution = {};  // of the URL's name, where it was found; null: nobody looked
};

struct SenderOptions {
  int threads = 1;
  std::size_t max_in_flight = 4'096;
  std::size_t max_response_bytes = 1u << 20;  // of body on the wire; above: the connection is closed, the status counts
  std::size_t kept_response_bytes = 4u << 10;
  Millis connect_timeout{5'000};
  std::string ca_file;             // empty: the system's
  bool environment_proxy = false;  // http_proxy, no_proxy and the like are obeyed; libcurl looks up names then
  ResolverOptions resolver;
  std::string user_agent = "Certes/" CERTES_VERSION;
};

class Sender {
 public:
  Sender(SenderOptions options, AddressPolicy policy, std::function<void()> wake);
  ~Sender();  // aborts what is in flight
  void submit(Transfer&& transfer);
  // It has as many that it has not begun as it begins in some milliseconds: `wake` is called once it has fewer. What is
  // submitted all the same is taken.
  bool is_busy();
  // Its completion, as `aborted`, comes all the same, unless it was already on its way, or its status had come.
  void abort(std::uint64_t id);
  void poll(std::vector<TransferResult>& out);
  std::size_t in_flight() const;
  ResolverStats resolver_stats() const;  // any thread

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// scheme http or https, a host, no user info, no fragment, port in range; a literal address must be allowed (names are
// checked when dialled). Used when an endpoint is created. Error: invalid with what is wrong.
Result<void> check_url(std::string_view url, const AddressPolicy& policy);

// The name in a URL that must be looked up before it can be dialled, and the port. Nothing: an address, a name that
// stands for loopback, or no URL.
struct NamedHost {
  std::string host;  // in lower case
  std::uint16_t port = 0;
};
std::optional<NamedHost> named_host(const std::string& url);
// "host:8080", as it stands in a URL that was checked; and that URL with another host in its place, the port kept.
std::string authority_of(std::string_view url);
std::string with_host(std::string_view url, std::string_view host);
// "http://host:8080", without what else the URL says. Empty: it is no URL.
std::string origin_of(const std::string& url);

}  // namespace certes::http
