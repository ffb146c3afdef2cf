// Raw webhooks to a source of every scheme: what is believed, what becomes of it, and what providers are answered that
// ask first; and Idempotency-Key. Nothing is believed but what its provider signed, and that always is; what is
// believed becomes an event whose record reads back the same. Input: a byte for the scheme, a line for the query, lines
// `name:value`, an empty line, the body.

#include <algorithm>
#include <string>

#include "common/event/attributes.hpp"
#include "gateway/repeats/idempotency_key.hpp"
#include "gateway/webhook/challenges.hpp"
#include "tests/fuzz/event_properties.hpp"
#include "tests/fuzz/webhook_schemes.hpp"

using namespace certes;
using certes::fuzz::Input;
using certes::fuzz::require;
using certes::fuzz::Webhook;
using gateway::ingest::PreparedSource;

namespace {

constexpr UnixMillis kNow = fuzz::kNowSeconds * 1'000;
constexpr std::size_t kMaxHeaders = 100;

const crypto::Sealer& sealer() {
  static const auto made = crypto::Sealer::make({"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}).value();
  return made;
}

registry::Source source_of(const fuzz::Scheme& scheme) {
  registry::Source source;
  source.id = "shop";
  source.verify.scheme = scheme.name;
  if (!scheme.secret.empty())
    source.verify.secrets.push_back(sealer().seal(std::string(scheme.secret), "default/sources/shop"));
  if (scheme.name == "meta") source.verify.verify_token = sealer().seal("token", "default/sources/shop");
  scheme.declare(source.verify);
  // A template of every kind of place, where there is no preset.
  if (scheme.name == "none" || scheme.name == "generic") {
    source.type_from = "a.{header:X-Type}.{json:/a/0}.{form:b}";
    source.id_from = "{header:X-Id}-{json:/id}";
    source.key_from = "form:key";
    source.subject_from = "json:/subject";
    source.forward_headers = {"x-type", "x-id"};
  }
  return source;
}

const std::vector<PreparedSource>& sources() {
  static const gateway::Clients clients = [] {
    config::Settings settings;
    settings.gateway.trusted_proxies = {"10.0.0.0/8"};
    return gateway::Clients(settings);
  }();
  static const std::vector<PreparedSource> all = [] {
    std::vector<PreparedSource> made;
    for (const fuzz::Scheme& scheme : fuzz::schemes())
      made.push_back(
          PreparedSource::make(std::make_shared<const registry::Source>(source_of(scheme)), sealer(), clients, 1u << 16)
              .value());
    return made;
  }();
  return all;
}

// As framing lets them through.
bool plain(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c == '\t' || static_cast<unsigned char>(c) >= ' '; }) &&
         value.find('\x7f') == std::string_view::npos;
}

Webhook webhook_of(Input& input) {
  Webhook webhook;
  webhook.query = input.line();
  if (!std::ranges::all_of(webhook.query, [](char c) { return c > ' ' && c < '\x7f'; })) webhook.query.clear();
  for (std::string_view line = input.line(); !line.empty() && webhook.headers.size() < kMaxHeaders; line = input.line())
    if (const std::size_t colon = line.find(':'); colon != std::string_view::npos && colon > 0 && plain(line))
      webhook.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  webhook.body = input.rest();
  return webhook;
}

void check_answer(const http::Response& response) {
  require(response.status >= 200 && response.status < 500, "a challenge is answered or refused");
  for (const auto& [name, value] : response.headers) require(plain(value), "no header of an answer has a line break");
}

void challenges(const PreparedSource& source, const Webhook& webhook) {
  const http::Request request = webhook.request();
  if (const auto answer = unsigned_challenge(source, request)) check_answer(*answer);
  check_answer(answer_get(source, request));
  check_answer(answer_options(source, request));
}

// What stands in quotes is the same key as without, where it may be.
void idempotency_key(std::string_view value) {
  const auto key = gateway::ingest::parse_idempotency_key(value);
  if (!key) return require(!key.error().message.empty(), "an error has a text");
  require(!key->empty() && key->size() <= gateway::ingest::kMaxIdempotencyKeyBytes, "a key is within its limit");
  std::string quoted = "\"";
  for (const char c : *key) quoted.append(c == '"' || c == '\\' ? 1 : 0, '\\').append(1, c);
  require(gateway::ingest::parse_idempotency_key(quoted + '"') == *key, "a key in quotes is the same");
}

// Of a request that was believed.
void read(const PreparedSource& source, const http::Request& request) {
  static event::JsonDocument document;  // reused, as a loop does
  static std::string unpacked;
  if (const auto answer = signed_challenge(source, request, document)) check_answer(*answer);
  event::Event event;
  for (const auto& misfit : source.read(request, {document, unpacked}, event))
    require(!misfit.detail.empty(), "what does not fit is told why");
  require(event.type == "shop" || event.type.starts_with("shop."), "every type begins with the source's id");
  fuzz::check_event(std::move(event));
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Whether an input that was believed as it stands holds the proof: the end of what its provider would have sent, as
// signatures stand behind times. Hexadecimal digits are the same in either case.
bool holds_proof_of(const fuzz::Scheme& scheme, const Webhook& webhook) {
  Webhook real = webhook;
  scheme.sign(real);
  const std::string whole = lower_case(real.headers.back().second), proof = whole.substr(whole.size() / 2);
  return std::ranges::any_of(
      webhook.headers, [&](const auto& header) { return lower_case(header.second).find(proof) != std::string::npos; });
}

// A provider may sign in several ways.
bool holds_proof(const fuzz::Scheme& scheme, const Webhook& webhook) {
  return std::ranges::any_of(fuzz::schemes(), [&](const fuzz::Scheme& other) {
    return other.name == scheme.name && other.secret == scheme.secret && holds_proof_of(other, webhook);
  });
}

void verify(const fuzz::Scheme& scheme, const PreparedSource& source, Webhook& webhook) {
  static event::JsonDocument document;  // reused, as a loop does
  if (const auto verified = source.verify(webhook.request(), kNow, document)) {
    require(!scheme.covers_body || holds_proof(scheme, webhook), "only what was signed is believed");
    read(source, webhook.request());
  } else {
    require(verified.error().code == Code::unauthenticated, "what is not believed is unauthenticated");
    require(!verified.error().message.empty(), "an error has a text");
  }
  scheme.sign(webhook);
  require(source.verify(webhook.request(), kNow, document).has_value(), "what its provider signed is believed");
  read(source, webhook.request());
  if (!scheme.covers_body) return;
  webhook.body += 'x';
  require(!source.verify(webhook.request(), kNow, document), "another body is not");
  webhook.body.pop_back();
  webhook.headers.push_back(webhook.headers.back());
  require(!source.verify(webhook.request(), kNow, document), "what stands there twice is not");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t which = input.byte() % sources().size();
  Webhook webhook = webhook_of(input);
  challenges(sources()[which], webhook);
  for (const auto& [name, value] : webhook.headers) idempotency_key(value);
  verify(fuzz::schemes()[which], sources()[which], webhook);
  return 0;
}
