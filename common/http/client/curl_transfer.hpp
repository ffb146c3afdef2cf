#pragma once
// CurlTransfer: one easy handle of libcurl, made once and used for one request after another. Who: SenderThread.
// Confined to the sender's thread.

#include <curl/curl.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "common/http/client/answer_head.hpp"
#include "common/http/client/chunked_body.hpp"
#include "common/http/client/sender.hpp"

namespace certes::http {

// What the transfers of one thread share: unchanged while it runs.
struct CurlSettings {
  const SenderOptions* options = nullptr;
  const AddressPolicy* policy = nullptr;
  void* owner = nullptr;  // passed to the three
  void (*opened)(void* owner, curl_socket_t socket) = nullptr;
  void (*closed)(void* owner, curl_socket_t socket) = nullptr;  // just before it is
  void (*paused)(void* owner, std::uint64_t id) = nullptr;      // its answer is large: to be resumed
};

// Where a URL's name leads, as libcurl wants it (CURLOPT_RESOLVE, CURLOPT_CONNECT_TO); all empty: it has none.
struct Dial {
  std::string addresses, one;  // one of them
  ResolutionPtr resolution;
};

class CurlTransfer {
 public:
  explicit CurlTransfer(const CurlSettings& settings);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  CURL* easy() const { return easy_; }
  std::uint64_t id() const { return transfer_.id; }
  // Takes the request; the handle is ready for curl_multi_add_handle then.
  void begin(Transfer&& transfer, Dial&& dial, SteadyTime now);
  // Reads on after a pause. An error: libcurl has done with it, and does not say so; end() is to be called.
  CURLcode resume();
  // What became of it; the handle is out of the multi handle, and can begin again. An answer whose header is complete
  // counts by its status, also where its body was broken off, too slow for the time, or given up.
  TransferResult end(CURLcode code, SteadyTime now);
  TransferResult end_aborted(SteadyTime now);
  TransferResult end_local(SteadyTime now);  // the multi handle did not take it

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_close(void* settings, curl_socket_t socket);

  bool agreed_on_http2() const;
  void set_fixed_options();
  void set_place(const Dial& dial);
  void set_own_tls();
  void set_headers();
  void keep(std::string_view wire);
  bool had_more() const { return head_.chunked() ? chunks_.had_more() : body_bytes_ > body_.size(); }
  TransferResult result(SteadyTime now);
  void tell_more(TransferResult& out);
  TransferResult end_answered(bool broken, SteadyTime now);
  TransferResult end_failed(TransferError error, std::string message, SteadyTime now);
  std::string_view content_type() const;
  TransferError classify(CURLcode code) const;
  bool own_fault(CURLcode code) const;
  bool larger_than_libcurl_takes(CURLcode code) const;
  std::string message_of(TransferError error, CURLcode code);
  void clear();

  const CurlSettings& settings_;
  CURL* easy_;
  curl_slist *headers_ = nullptr, *addresses_ = nullptr, *one_ = nullptr;
  ResolutionPtr resolution_;
  Transfer transfer_;
  SteadyTime begun_{};
  AnswerHead head_;
  std::string body_;
  std::string refused_;    // why an address was not dialled
  int socket_error_ = 0;   // why no socket could be made
  sockaddr_storage to_{};  // the address that was dialled last
  std::string host_;       // header, where the URL that libcurl gets has another
  bool has_own_ = false;   // settings of the last request's alone
  bool dialled_ = false;
  bool cut_ = false;             // the body is longer than is read
  std::size_t body_bytes_ = 0;   // on the wire: with what is around chunks
  std::size_t piece_bytes_ = 0;  // of them, since it began or was resumed
  ChunkedBody chunks_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace certes::http
