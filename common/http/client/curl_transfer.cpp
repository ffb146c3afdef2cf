#include "common/http/client/curl_transfer.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/http/characters.hpp"
#include "common/http/client/curl_facts.hpp"
#include "common/http/client/url_parts.hpp"
#include "common/http/listener.hpp"
#include "common/http/own_trouble.hpp"

namespace certes::http {

namespace {
constexpr std::size_t kMaxContentType = 256;
// What is read of a body before others have their turn: libcurl would read on for as long as something comes.
constexpr std::size_t kPieceBytes = 32u << 10;
constexpr long kUploadBytes = 16 << 10;  // of a body above 64 KB at a time; libcurl's own is 64 KB for each request
constexpr long kReadBytes = 4096;  // of an answer at a time: libcurl holds that for each request, and answers are short
constexpr Millis kRetryLocal{500};
constexpr int kCurlTooLarge = 100;  // CURLE_TOO_LARGE, which libcurl has since 8.6

bool has_port(std::string_view authority) {
  const std::size_t end = authority.find(']');  // of an IPv6 address
  return authority.find(':', end == authority.npos ? 0 : end) != authority.npos;
}
}  // namespace

CurlTransfer::CurlTransfer(const CurlSettings& settings) : settings_(settings), easy_(::curl_easy_init()) {
  set_fixed_options();
}

CurlTransfer::~CurlTransfer() {
  ::curl_easy_cleanup(easy_);
  ::curl_slist_free_all(headers_);
  ::curl_slist_free_all(addresses_);
  ::curl_slist_free_all(one_);
}

// What no request changes. No redirects, cookies, netrc, decompression or HTTP/0.9: all off; proxies only if asked for.
void CurlTransfer::set_fixed_options() {
  const SenderOptions& options = *settings_.options;
  ::curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  ::curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);  // else a look-up of libcurl's own that hangs holds up the thread
  ::curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  ::curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  if (!options.environment_proxy) ::curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  ::curl_easy_setopt(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  ::curl_easy_setopt(easy_, CURLOPT_HTTP09_ALLOWED, 0L);
  ::curl_easy_setopt(easy_, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  // libcurl reads chunks, but hands them on as they came: what it would drop is bounded, too.
  ::curl_easy_setopt(easy_, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
  ::curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  ::curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  ::curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  ::curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) ::curl_easy_setopt(easy_, CURLOPT_CAINFO, options.ca_file.c_str());
  ::curl_easy_setopt(easy_, CURLOPT_USERAGENT, options.user_agent.c_str());
  ::curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  ::curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_.data());
  ::curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
  ::curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  ::curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
  ::curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  ::curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_open);
  ::curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
  ::curl_easy_setopt(easy_, CURLOPT_CLOSESOCKETFUNCTION, &CurlTransfer::on_close);
  ::curl_easy_setopt(easy_, CURLOPT_CLOSESOCKETDATA, &settings_);
  ::curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kReadBytes);
  ::curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBytes);
  ::curl_easy_setopt(easy_, CURLOPT_POST, 1L);
}

void CurlTransfer::begin(Transfer&& transfer, Dial&& dial, SteadyTime now) {
  transfer_ = std::move(transfer);
  resolution_ = std::move(dial.resolution);
  begun_ = now;
  if (std::exchange(has_own_, transfer_.tls != nullptr)) {
    ::curl_easy_reset(easy_);
    set_fixed_options();
  }
  set_place(dial);
  if (transfer_.tls) set_own_tls();
  ::curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(transfer_.body.size()));
  ::curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, transfer_.body.empty() ? "" : transfer_.body.data());
  ::curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(transfer_.timeout.count())));
  set_headers();
}

// libcurl asks for the certificate of the URL's host, and checks it. Where that is to be another's, the URL gets that
// host, while the connection goes where it would have gone, and the header names what it would have named.
void CurlTransfer::set_place(const Dial& dial) {
  for (curl_slist** const list : {&addresses_, &one_}) ::curl_slist_free_all(std::exchange(*list, nullptr));
  std::string url = transfer_.url, to = dial.one;
  host_.clear();
  if (transfer_.tls && !transfer_.tls->server_name.empty()) {
    const std::string authority = authority_of(url);
    host_ = "Host: " + url_parts(url).host;
    url = with_host(url, transfer_.tls->server_name);
    if (to.empty()) to = "::" + authority + (has_port(authority) ? "" : ":");
  }
  if (!dial.addresses.empty()) addresses_ = ::curl_slist_append(nullptr, dial.addresses.c_str());
  if (!to.empty()) one_ = ::curl_slist_append(nullptr, to.c_str());
  ::curl_easy_setopt(easy_, CURLOPT_RESOLVE, addresses_);
  ::curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, one_);
  ::curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
}

// A CA of its own stands in place of all others: libcurl would go on looking into the system's directory.
void CurlTransfer::set_own_tls() {
  const auto set = [this](CURLoption option, const std::string& pem) {
    if (pem.empty()) return;
    curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
    ::curl_easy_setopt(easy_, option, &blob);
  };
  set(CURLOPT_SSLCERT_BLOB, transfer_.tls->cert);
  set(CURLOPT_SSLKEY_BLOB, transfer_.tls->key);
  set(CURLOPT_CAINFO_BLOB, transfer_.tls->ca);
  if (!transfer_.tls->ca.empty()) ::curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
}

void CurlTransfer::set_headers() {
  ::curl_slist_free_all(headers_);
  headers_ = ::curl_slist_append(nullptr, "Expect:");  // a body is sent without asking first
  if (!host_.empty()) headers_ = ::curl_slist_append(headers_, host_.c_str());
  bool typed = false;
  for (const std::string& header : transfer_.headers) {
    typed = typed || same_token(std::string_view(header).substr(0, 13), "content-type:");
    headers_ = ::curl_slist_append(headers_, header.c_str());
  }
  if (!typed) headers_ = ::curl_slist_append(headers_, "Content-Type:");
  ::curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
}

std::size_t CurlTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self_pointer) {
  auto& self = *static_cast<CurlTransfer*>(self_pointer);
  const std::size_t n = size * count;
  self.cut_ = self.body_bytes_ + n > self.settings_.options->max_response_bytes;
  if (!self.cut_ && self.piece_bytes_ >= kPieceBytes) {
    self.settings_.paused(self.settings_.owner, self.id());
    return CURL_WRITEFUNC_PAUSE;  // comes again
  }
  self.keep({data, n});
  self.body_bytes_ += n;
  self.piece_bytes_ += n;
  return self.cut_ ? 0 : n;  // fewer than came: the transfer ends, and its connection
}

CURLcode CurlTransfer::resume() {
  piece_bytes_ = 0;
  return ::curl_easy_pause(easy_, CURLPAUSE_CONT);
}

void CurlTransfer::keep(std::string_view wire) {
  const std::size_t most = transfer_.keep_bytes > 0 ? transfer_.keep_bytes : settings_.options->kept_response_bytes;
  if (head_.chunked()) return chunks_.take(wire, body_, most);
  body_.append(wire.substr(0, most - body_.size()));
}

std::size_t CurlTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self_pointer) {
  auto& self = *static_cast<CurlTransfer*>(self_pointer);
  const std::size_t n = size * count;
  const std::string_view line(data, n);
  const bool http2 = claims_http2(line) && self.agreed_on_http2();
  return self.head_.take(line, http2) ? n : 0;  // fewer than came: the transfer ends
}

// By ALPN: libcurl itself believes what an answer says of its version.
bool CurlTransfer::agreed_on_http2() const {
  curl_tlssessioninfo* session = nullptr;
  if (::curl_easy_getinfo(easy_, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK || session == nullptr) return false;
  if (session->backend != CURLSSLBACKEND_OPENSSL || session->internals == nullptr) return false;
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  ::SSL_get0_alpn_selected(static_cast<const SSL*>(session->internals), &protocol, &size);
  return size == 2 && protocol[0] == 'h' && protocol[1] == '2';
}

// After resolution and before the first packet: the address itself is looked at, so a name that changes its mind
// between check and use gains nothing.
curl_socket_t CurlTransfer::on_open(void* self_pointer, curlsocktype, curl_sockaddr* address) {
  auto& self = *static_cast<CurlTransfer*>(self_pointer);
  sockaddr_storage storage{};
  if (address->addrlen > sizeof storage || (address->family != AF_INET && address->family != AF_INET6))
    return CURL_SOCKET_BAD;
  std::memcpy(&storage, &address->addr, address->addrlen);
  if (auto refusal = self.settings_.policy->refusal(numeric_address(storage), port_of(storage))) {
    self.refused_ = std::move(*refusal);
    return CURL_SOCKET_BAD;
  }
  self.dialled_ = true;
  self.to_ = storage;
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
  if (fd < 0) {
    if (own_trouble(errno)) self.socket_error_ = errno;
    return CURL_SOCKET_BAD;
  }
  self.settings_.opened(self.settings_.owner, fd);
  return fd;
}

int CurlTransfer::on_close(void* settings_pointer, curl_socket_t socket) {
  const auto& settings = *static_cast<const CurlSettings*>(settings_pointer);
  settings.closed(settings.owner, socket);
  return ::close(socket);
}

// Not the endpoint's: it would have been reached, had this process had what it needs. EADDRNOTAVAIL: no port is left to
// dial from (of IPv6 it may also say that there is no way there).
bool CurlTransfer::own_fault(CURLcode code) const {
  if (code == CURLE_OUT_OF_MEMORY || code == CURLE_FAILED_INIT) return true;
  if (code == CURLE_SSL_CACERT_BADFILE) return !transfer_.tls || transfer_.tls->ca.empty();
  if (code != CURLE_COULDNT_CONNECT) return false;
  if (socket_error_ != 0) return true;
  long error = 0;
  ::curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &error);
  return own_trouble(static_cast<int>(error)) || (error == EADDRNOTAVAIL && to_.ss_family == AF_INET);
}

// A line of the header above 100 KiB, or too many of them: libcurl says so, or that it is out of memory.
bool CurlTransfer::larger_than_libcurl_takes(CURLcode code) const {
  if (static_cast<int>(code) == kCurlTooLarge) return true;
  curl_off_t sent = 0;
  ::curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &sent);
  return code == CURLE_OUT_OF_MEMORY && sent > 0;
}

TransferError CurlTransfer::classify(CURLcode code) const {
  if (head_.fault() == AnswerHead::Fault::too_large || larger_than_libcurl_takes(code)) return TransferError::too_large;
  if (head_.fault() == AnswerHead::Fault::malformed) return TransferError::reset;
  if (own_fault(code)) return TransferError::local;
  switch (code) {
    case CURLE_OK: return TransferError::none;
    case CURLE_COULDNT_RESOLVE_HOST: return TransferError::dns;
    case CURLE_COULDNT_CONNECT:
      return !dialled_ && !refused_.empty() ? TransferError::refused_address : TransferError::connect;
    case CURLE_OPERATION_TIMEDOUT: return TransferError::timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED: return TransferError::tls;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY: return TransferError::reset;
    default: return TransferError::internal;
  }
}

std::string_view CurlTransfer::content_type() const {
  const char* type = nullptr;
  if (::curl_easy_getinfo(easy_, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || type == nullptr) return {};
  const std::string_view sent(type);
  return sent.size() <= kMaxContentType ? sent : std::string_view();
}

TransferResult CurlTransfer::result(SteadyTime now) {
  TransferResult out;
  out.id = transfer_.id;
  out.resolution = resolution_;
  out.retry_after = head_.retry_after();
  out.body_cut = had_more();
  out.body = std::move(body_);
  if (!out.body.empty()) out.content_type = content_type();
  out.duration_us =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - begun_).count());
  out.phases = phases_of(easy_, transfer_.name_asked, begun_);
  return out;
}

// What is of use where something was wrong, and would cost most requests memory for nothing.
void CurlTransfer::tell_more(TransferResult& out) {
  const bool well = out.error == TransferError::none && out.status >= 200 && out.status < 300;
  if (well && std::chrono::microseconds(out.duration_us) < kSlowTransfer) return;
  out.address = address_of(easy_, dialled_ ? &to_ : nullptr);
  out.header = head_.kept();
}

std::string CurlTransfer::message_of(TransferError error, CURLcode code) {
  if (error == TransferError::refused_address) return std::move(refused_);
  if (error == TransferError::too_large)
    return "the answer's header is larger than 256 KiB, has more than 256 lines, or one above 100 KiB";
  if (head_.fault() == AnswerHead::Fault::malformed) return "the answer does not begin with a status line of HTTP";
  if (socket_error_ != 0) return std::strerror(socket_error_);
  return error_[0] != 0 ? error_.data() : ::curl_easy_strerror(code);
}

TransferResult CurlTransfer::end(CURLcode code, SteadyTime now) {
  if (head_.ended()) return end_answered(code != CURLE_OK && !cut_, now);
  if (code == CURLE_OK) code = CURLE_GOT_NOTHING;  // libcurl takes one that ends within its header
  const TransferError error = classify(code);
  return end_failed(error, message_of(error, code), now);
}

TransferResult CurlTransfer::end_aborted(SteadyTime now) {
  if (head_.ended()) return end_answered(true, now);
  return end_failed(TransferError::aborted, "the request was given up", now);
}

TransferResult CurlTransfer::end_local(SteadyTime now) {
  return end_failed(TransferError::local, "libcurl takes no more requests", now);
}

// Its header is complete, so its status stands, however its body ended.
TransferResult CurlTransfer::end_answered(bool broken, SteadyTime now) {
  TransferResult out = result(now);
  out.status = head_.status();
  out.body_broken = broken;
  out.body_cut = out.body_cut || broken;
  tell_more(out);
  clear();
  return out;
}

TransferResult CurlTransfer::end_failed(TransferError error, std::string message, SteadyTime now) {
  TransferResult out = result(now);
  out.error = error;
  out.message = std::move(message);
  curl_off_t ready = 0;
  out.unsent = ::curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &ready) == CURLE_OK && ready == 0;
  if (error == TransferError::local) out.retry_in = kRetryLocal;
  tell_more(out);
  clear();
  return out;
}

void CurlTransfer::clear() {
  transfer_ = {};
  resolution_ = nullptr;
  head_.clear();
  body_.clear();
  refused_.clear();
  dialled_ = cut_ = false;
  socket_error_ = 0;
  to_ = {};
  body_bytes_ = piece_bytes_ = 0;
  chunks_.clear();
  error_[0] = 0;
}

}  // namespace certes::http
