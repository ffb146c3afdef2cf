#include "client/api_client.hpp"
#include "common/json/json.hpp"

namespace certes::client {
namespace {

using Json = nlohmann::ordered_json;

Code code_of(int status, bool unknown_outcome) {
  switch (status) {
    case 401: return Code::unauthenticated;
    case 403: return Code::forbidden;
    case 404: return Code::not_found;
    case 409:
    case 412: return Code::conflict;
    case 413: return Code::too_large;
    case 408: return Code::timeout;
    case 429: return Code::busy;
    case 503: return unknown_outcome ? Code::unknown_outcome : Code::unavailable;
    default: return status >= 400 && status < 500 ? Code::invalid : Code::internal;
  }
}

std::string text_member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string without_trailing_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string page_path(const std::string& path, const std::string& after) {
  std::string page = path + (path.find('?') == std::string::npos ? "?" : "&") + "limit=100";
  if (!after.empty()) page += "&after=" + percent_encode(after);
  return page;
}

}  // namespace

Error error_of(const HttpAnswer& answer) {
  const Json problem = json_or_null<Json>(answer.body);
  const std::string status = std::to_string(answer.status);
  if (!problem.is_object()) return {code_of(answer.status, false), "answered " + status};
  std::string message = text_member(problem, "detail");
  if (message.empty()) message = text_member(problem, "title");
  const bool unknown = text_member(problem, "type").ends_with("outcome-unknown");
  return {code_of(answer.status, unknown), message + " (" + status + ")", text_member(problem, "pointer")};
}

void add_key(HttpRequest& request, const std::string& key) {
  if (!key.empty()) request.headers.push_back("Authorization: Bearer " + key);
}

ApiClient::ApiClient(std::string url, std::string key, std::string tenant)
    : url_(without_trailing_slash(std::move(url))), key_(std::move(key)), tenant_(std::move(tenant)) {}

HttpRequest ApiClient::request_to(const std::string& method, const std::string& path) const {
  HttpRequest request;
  request.method = method;
  request.url = url_ + "/api/v1" + path;
  if (!tenant_.empty())
    request.url += (path.find('?') == std::string::npos ? "?tenant=" : "&tenant=") + percent_encode(tenant_);
  request.ca_file = ca_file_;
  add_key(request, key_);
  return request;
}

Result<HttpAnswer> ApiClient::request(const std::string& method, const std::string& path, const std::string& json) {
  HttpRequest request = request_to(method, path);
  request.body = json;
  if (!json.empty())
    request.headers.push_back(method == "PATCH" ? "Content-Type: application/merge-patch+json"
                                                : "Content-Type: application/json");
  auto answer = http_.send(request);
  if (answer && (answer->status < 200 || answer->status > 299)) return fail(error_of(*answer));
  return answer;
}

Result<std::string> ApiClient::get(const std::string& path) {
  auto answer = request("GET", path);
  if (!answer) return fail(answer.error());
  return std::move(answer->body);
}

Result<std::string> ApiClient::get(const std::string& path, const std::atomic<bool>& stop) {
  std::string body;
  const auto take = [&body](const HttpAnswer&, std::string_view part) {
    body.append(part);
    return true;
  };
  const auto answer = http_.receive(request_to("GET", path), take, stop);
  if (!answer) return fail(answer.error());
  if (answer->status < 200 || answer->status > 299) return fail(error_of(*answer));
  return body;
}

Result<std::string> ApiClient::list(const std::string& path, std::size_t limit) {
  Json items = Json::array();
  for (std::string after;;) {
    const auto body = get(page_path(path, after));
    if (!body) return fail(body.error());
    const Json page = json_or_null<Json>(*body);
    if (!page.is_object() || !page.contains("items") || !page["items"].is_array())
      return fail(Code::internal, url_ + path + ": the answer is no list");
    for (const Json& item : page["items"])
      if (limit == 0 || items.size() < limit) items.push_back(item);
    const std::string next = text_member(page, "next");
    const bool full = limit != 0 && items.size() >= limit;
    if (next.empty() || next == after || full) return items.dump();
    after = next;
  }
}

}  // namespace certes::client
