#include "gateway/repeats/idempotency_key.hpp"

#include "common/crypto/crypto.hpp"
#include "common/event/attributes.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr const char* kHeader = "idempotency-key";
constexpr std::string_view kPrefix = "idk_";

tl::unexpected<Error> wrong(std::string what) {
  return fail(Code::invalid, "Idempotency-Key " + std::move(what), kHeader);
}

bool visible(char c) { return c > ' ' && c < '\x7f'; }

Result<std::string> unquote(std::string_view value) {
  std::string key;
  for (std::size_t i = 1; i < value.size(); ++i) {
    char c = value[i];
    if (c == '"') {
      if (i + 1 != value.size()) return wrong("has something behind its closing quote");
      return key;
    }
    if (c == '\\' && (++i == value.size() || ((c = value[i]) != '"' && c != '\\')))
      return wrong("has a backslash before something that is neither a quote nor a backslash");
    if (c != ' ' && !visible(c)) return wrong("holds a character that is not visible ASCII");
    key += c;
  }
  return wrong("begins with a quote and does not end with one");
}

Result<std::string> bare(std::string_view value) {
  for (const char c : value) {
    if (!visible(c)) return wrong("holds a character that is not visible ASCII");
    if (c == '"' || c == '\\' || c == ',' || c == ';')
      return wrong("holds a quote, backslash, comma or semicolon: send it in quotes");
  }
  return std::string(value);
}

bool is_header(const http::HeaderView& header, std::string_view name) {
  return event::equal_ignoring_case(header.name, name);
}

log::Identity payload_of(const http::Request& request) {
  std::string attributes;
  for (const auto& header : request.headers) {
    if (header.name.size() < 3 || !event::equal_ignoring_case(header.name.substr(0, 3), "ce-")) continue;
    attributes.append(header.name).append(1, ':').append(header.value).append(1, '\n');
  }
  return event::identity(request.header("content-type"), attributes, request.body);
}

std::string bytes_of(const log::Identity& identity) {
  std::string bytes;
  for (const std::uint64_t half : {identity.high, identity.low})
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(half >> shift);
  return bytes;
}

}  // namespace

Result<std::string> parse_idempotency_key(std::string_view value) {
  auto key = value.starts_with('"') ? unquote(value) : bare(value);
  if (!key) return key;
  if (key->empty()) return wrong("is empty");
  if (key->size() > kMaxIdempotencyKeyBytes) return wrong("is longer than 255 bytes");
  return key;
}

Result<std::optional<IdempotencyKey>> idempotency_key(const http::Request& request, const Caller& caller,
                                                      std::string_view tenant, std::string_view route) {
  const http::HeaderView* found = nullptr;
  for (const auto& header : request.headers) {
    if (!is_header(header, kHeader)) continue;
    if (found) return wrong("is there twice");
    found = &header;
  }
  if (!found) return std::optional<IdempotencyKey>();
  const auto key = parse_idempotency_key(found->value);
  if (!key) return fail(key.error());
  std::string scope = caller.tenant + '\n' + caller.key + '\n';
  scope += tenant;
  return IdempotencyKey{event::identity(scope, route, *key), payload_of(request)};
}

void give_ids(const IdempotencyKey& key, std::vector<event::Event>& events) {
  const log::Identity both = event::identity(bytes_of(key.key), bytes_of(key.payload), "");
  const std::string id = std::string(kPrefix) + crypto::hex_encode(bytes_of(both));
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i].client_gave_id) continue;
    events[i].client_gave_id = true;
    events[i].client_id = events.size() == 1 ? id : id + "." + std::to_string(i);
  }
}

http::Response answer_again(IdempotencyIndex::Found&& found) {
  if (found.state == IdempotencyIndex::State::answered) {
    http::Response response;
    response.status = found.answer.status;
    response.content_type = std::move(found.answer.content_type);
    response.body = std::move(found.answer.body);
    response.headers.emplace_back("Idempotency-Replayed", "true");
    return response;
  }
  if (found.state == IdempotencyIndex::State::other_payload)
    return http::problem(422, "idempotency-key-reused", "Idempotency-Key was used for something else",
                         "this Idempotency-Key came first with another payload; a new event needs a new key", kHeader);
  auto response = http::problem(409, "idempotency-key-in-flight", "The first request is not answered yet",
                                "a request with this Idempotency-Key is being taken; repeat it later", kHeader);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace certes::gateway::ingest
