#include "client/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>

#include "client/loopback.hpp"

namespace certes::client {
namespace {

constexpr std::size_t kMaxBody = 64u << 20;

// libcurl wants this once, before any other thread uses it.
void initialize_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size * count > kMaxBody) return 0;
  body.append(data, size * count);
  return size * count;
}

// An answer that goes on.
struct Receiving {
  CURL* curl;
  const HttpClient::Take& take;
  const std::atomic<bool>& stop;
  HttpAnswer answer;
  bool ended = false;  // by our own wish
};

void read_head(CURL* curl, HttpAnswer& answer) {
  long status = 0;
  char* type = nullptr;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  answer.status = static_cast<int>(status);
  answer.content_type = type != nullptr ? type : "";
}

std::size_t take_part(char* data, std::size_t size, std::size_t count, void* user) {
  auto& receiving = *static_cast<Receiving*>(user);
  if (receiving.answer.status == 0) read_head(receiving.curl, receiving.answer);
  if (receiving.answer.status / 100 != 2) return take_body(data, size, count, &receiving.answer.body);
  receiving.ended = !receiving.take(receiving.answer, {data, size * count});
  return receiving.ended ? 0 : size * count;
}

int look_at_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& receiving = *static_cast<Receiving*>(user);
  receiving.ended = receiving.ended || receiving.stop;
  return receiving.ended ? 1 : 0;
}

Error error_of(CURLcode code, const std::string& url, const char* detail) {
  const std::string why = *detail ? detail : curl_easy_strerror(code);
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) return {Code::invalid, url + ": " + why};
  if (code == CURLE_OPERATION_TIMEDOUT) return {Code::timeout, url + " does not answer: " + why};
  return {Code::unavailable, "cannot reach " + url + ": " + why};
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

bool is_content_type(std::string_view header) {
  constexpr std::string_view kName = "content-type:";
  return header.size() >= kName.size() &&
         std::equal(kName.begin(), kName.end(), header.begin(), [](char name, char sent) {
           return name == (sent >= 'A' && sent <= 'Z' ? static_cast<char>(sent - 'A' + 'a') : sent);
         });
}

HeaderList header_list(const std::vector<std::string>& headers) {
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // no 100-continue for large bodies
  // What has no type of its own is not said to be a form's.
  if (std::none_of(headers.begin(), headers.end(), is_content_type)) list = curl_slist_append(list, "Content-Type:");
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  return HeaderList(list);
}

}  // namespace

class HttpClient::Impl {
 public:
  Impl() {
    initialize_once();
    curl_ = curl_easy_init();
  }
  ~Impl() { curl_easy_cleanup(curl_); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<HttpAnswer> send(const HttpRequest& request) {
    const HeaderList headers = header_list(request.headers);
    char detail[CURL_ERROR_SIZE] = "";
    HttpAnswer answer;
    prepare(request, headers.get(), detail, answer.body);
    const CURLcode code = curl_easy_perform(curl_);
    if (code != CURLE_OK) return fail(error_of(code, request.url, detail));
    read_head(curl_, answer);
    return answer;
  }

  Result<HttpAnswer> receive(const HttpRequest& request, const Take& take, const std::atomic<bool>& stop) {
    const HeaderList headers = header_list(request.headers);
    char detail[CURL_ERROR_SIZE] = "";
    Receiving receiving{curl_, take, stop, {}};
    prepare(request, headers.get(), detail, receiving.answer.body);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, 0L);
    curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.timeout.count() / 1'000));
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, take_part);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &receiving);
    curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl_, CURLOPT_XFERINFOFUNCTION, look_at_stop);
    curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, &receiving);
    const CURLcode code = curl_easy_perform(curl_);
    if (code != CURLE_OK && !receiving.ended) return fail(error_of(code, request.url, detail));
    read_head(curl_, receiving.answer);
    return std::move(receiving.answer);
  }

 private:
  void prepare(const HttpRequest& request, curl_slist* headers, char* detail, std::string& body) {
    curl_easy_reset(curl_);  // keeps connections
    curl_easy_setopt(curl_, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_QUICK_EXIT, 1L);  // a look-up that hangs is left behind
    curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl_, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl_, CURLOPT_USERAGENT, "certes/" CERTES_VERSION);
    if (!request.ca_file.empty()) curl_easy_setopt(curl_, CURLOPT_CAINFO, request.ca_file.c_str());
    if (is_loopback(request.url)) curl_easy_setopt(curl_, CURLOPT_PROXY, "");
    if (request.method == "GET") return;
    curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (request.body.empty() && request.method == "DELETE") return;
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.body.c_str());
  }

  CURL* curl_ = nullptr;
};

HttpClient::HttpClient() : impl_(std::make_unique<Impl>()) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpAnswer> HttpClient::send(const HttpRequest& request) { return impl_->send(request); }

Result<HttpAnswer> HttpClient::receive(const HttpRequest& request, const Take& take, const std::atomic<bool>& stop) {
  return impl_->receive(request, take, stop);
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string encoded;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return encoded;
}

}  // namespace certes::client
