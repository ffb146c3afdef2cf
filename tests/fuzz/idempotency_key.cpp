// The Idempotency-Key header: a key is visible ASCII of bounded length, has one meaning quoted and bare, and is refused
// with its header's name; the ids that it gives are valid, and the same for the same request alone. Input: two header
// values, a line each, and a body.

#include <string>

#include "common/event/attributes.hpp"
#include "gateway/repeats/idempotency_key.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace certes;
using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::gateway::ingest;

namespace {

std::string quoted(const std::string& key) {
  std::string text = "\"";
  for (const char c : key) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

void check_value(std::string_view value) {
  const auto key = parse_idempotency_key(value);
  if (!key) {
    require(key.error().pointer == "idempotency-key" && !key.error().message.empty(), "an error names its header");
    return;
  }
  require(!key->empty() && key->size() <= kMaxIdempotencyKeyBytes, "a key has a bounded length");
  for (const char c : *key) require(c >= ' ' && c < '\x7f', "a key is visible ASCII");
  const auto again = parse_idempotency_key(quoted(*key));
  require(again && *again == *key, "quoted it is the same key");
}

std::optional<IdempotencyKey> key_of(std::string_view value, std::string_view body) {
  http::Request request;
  request.method = "POST";
  request.headers.push_back({"Idempotency-Key", value});
  request.headers.push_back({"content-type", "application/json"});
  request.body = body;
  const gateway::Caller caller;
  const auto key = idempotency_key(request, caller, "default", "events");
  return key ? *key : std::nullopt;
}

std::string id_of(const IdempotencyKey& key) {
  std::vector<event::Event> events(2);
  give_ids(key, events);
  require(events[0].client_id != events[1].client_id, "each event of a batch has an id of its own");
  require(event::header_flaw(events[0].client_id).empty(), "what is given is a valid id");
  return events[0].client_id;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view first = input.line(), second = input.line();
  check_value(first);
  check_value(second);
  const auto one = key_of(first, input.rest()), again = key_of(first, input.rest()),
             other = key_of(second, input.rest());
  require(one.has_value() == again.has_value(), "the same header is read the same");
  if (!one) return 0;
  require(id_of(*one) == id_of(*again), "the same request has the same ids");
  const bool same = parse_idempotency_key(first) && parse_idempotency_key(second) &&
                    *parse_idempotency_key(first) == *parse_idempotency_key(second);
  if (other) require((id_of(*one) == id_of(*other)) == same, "another key gives other ids");
  const auto payload = key_of(first, std::string(input.rest()) + "x");
  require(payload && id_of(*payload) != id_of(*one), "another payload gives other ids");
  return 0;
}
