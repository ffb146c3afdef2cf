#include "common/questions/refused_requests.hpp"

#include <algorithm>

#include "common/questions/codec.hpp"
#include "common/questions/members.hpp"

namespace certes::questions {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPayload = "/payload";
constexpr std::size_t kMostRequests = 1'000;  // of an answer that is believed
constexpr std::size_t kFrameBytes = 64;       // of an answer, around its requests

std::string written(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void put(Json& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

Json json_of(const RefusedRequest& request) {
  Json json = {{"at", request.at}, {"reason", request.reason}, {"bytes", request.bytes}};
  if (request.times != 1) {
    json["times"] = request.times;
    json["first_at"] = request.first_at;
  }
  put(json, "error", request.error);
  put(json, "place", request.place);
  put(json, "client", request.client);
  put(json, "content_type", request.content_type);
  put(json, "payload", request.payload);
  if (request.payload_cut) json["payload_cut"] = true;
  return json;
}

void read(Members& members, const char* name, std::string& into) {
  if (const std::string* const text = members.text(name)) into = *text;
}

std::optional<RefusedRequest> request_of(const Json& json) {
  RefusedRequest request;
  Members members(json);
  members.time("at", request.at);
  request.first_at = request.at;
  members.time("first_at", request.first_at);
  members.count("times", request.times);
  read(members, "reason", request.reason);
  read(members, "error", request.error);
  read(members, "place", request.place);
  read(members, "client", request.client);
  read(members, "content_type", request.content_type);
  members.count("bytes", request.bytes);
  read(members, "payload", request.payload);
  members.flag("payload_cut", request.payload_cut);
  if (!members.good()) return std::nullopt;
  return request;
}

}  // namespace

std::string RefusedSubject::text() const { return with_payload ? source + std::string(kPayload) : source; }

std::optional<RefusedSubject> RefusedSubject::parse(std::string_view text) {
  RefusedSubject subject;
  if (subject.with_payload = text.ends_with(kPayload); subject.with_payload) text.remove_suffix(kPayload.size());
  if (text.empty() || text.find('/') != text.npos) return std::nullopt;
  subject.source = text;
  return subject;
}

std::string to_json(const RefusedRequests& refused) {
  Json all = Json::array();
  bool more = refused.more;
  std::size_t left = kMostValueBytes - kFrameBytes;
  for (const RefusedRequest& request : refused.requests) {
    Json one = json_of(request);
    const std::size_t bytes = written(one).size() + 1;
    if (more = bytes > left; more) break;
    left -= bytes;
    all.push_back(std::move(one));
  }
  return written({{"requests", std::move(all)}, {"more", more || refused.more}});
}

std::optional<RefusedRequests> refused_requests_of(std::string_view json) {
  const auto parsed = parse_json<Json>(json, {8, kMostValueBytes, true});
  if (!parsed) return std::nullopt;
  RefusedRequests refused;
  Members members(*parsed);
  members.flag("more", refused.more);
  const Json* const all = members.find("requests");
  if (!members.good() || all == nullptr || !all->is_array() || all->size() > kMostRequests) return std::nullopt;
  for (const Json& one : *all) {
    auto request = request_of(one);
    if (!request) return std::nullopt;
    refused.requests.push_back(std::move(*request));
  }
  return refused;
}

}  // namespace certes::questions
