// Payloads in answers: whatever bytes they are, the views of dead letters and commands and the stream's events are
// JSON, and hold the payload byte for byte. Input: a line, the content type; the payload behind it.

#include <string>

#include "api/dead_letters.hpp"
#include "common/crypto/crypto.hpp"
#include "common/event/payload_view.hpp"
#include "common/event/structured.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"
#include "common/log/names.hpp"
#include "gateway/commands/command_json.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace certes;
using certes::fuzz::Input;
using certes::fuzz::require;
using Json = nlohmann::ordered_json;

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == text.npos ? std::string_view() : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// Numbers beyond a double's range are JSON, and no tree holds them.
Json tree_of(std::string_view view) {
  require(event::JsonDocument().parse(view).has_value() || is_deeper(view, event::kMaxJsonDepth), "a view is JSON");
  auto tree = parse_json<Json>(view);
  return tree ? std::move(*tree) : Json();
}

void check_payload(std::string_view view, std::string_view payload) {
  const Json tree = tree_of(view);
  if (const auto raw = raw_member(view, "data"); !raw.empty())
    return require(raw == trimmed(payload), "data stands there byte for byte");
  require(tree.is_object(), "without data from outside every view is a tree");
  if (tree.contains("text")) return require(tree["text"].get<std::string>() == payload, "text is the payload");
  if (tree.contains("data_base64"))
    require(crypto::base64_decode(tree["data_base64"].get<std::string>()) == payload, "base64 is the payload");
}

log::RecordPtr record_of(std::string_view type, std::string_view payload) {
  auto record = std::make_shared<log::StoredRecord>();
  record->headers.add(log::names::kId, "evt_1");
  record->headers.add("ce_type", "a.b");
  if (!type.empty()) record->headers.add("content-type", type);
  record->value = payload;
  return record;
}

void check_text(std::string_view text) {
  const auto tree = parse_json<Json>(text);
  require(!tree || event::JsonDocument().parse(text).has_value() || is_deeper(text, event::kMaxJsonDepth) ||
              text.starts_with("\xef\xbb\xbf"),
          "both parsers agree on what is JSON");
  if (!tree) return;
  const auto sorted = parse_json<nlohmann::json>(text);
  require(sorted && nlohmann::json(*tree) == *sorted, "both trees are of the same text");
  const std::string indented = indented_json(text);
  const auto again = parse_json<Json>(indented);
  require(again && *again == *tree, "indented it is the same JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static event::JsonDocument document;  // reused, as the stream does
  Input input(data, size);
  const std::string_view type = input.line().substr(0, 200), payload = input.rest();
  const auto record = record_of(type, payload);
  check_text(payload);
  check_payload(api::dead_letter_json(*record, "dl_0_0_0", std::nullopt), payload);
  gateway::commands::FoundCommand found{record, record, 1};
  const std::string command = gateway::commands::command_json(found);
  (void)tree_of(command);
  check_payload(raw_member(command, "result"), payload);
  std::string structured;
  event::append_structured(structured, record->headers, payload, document);
  (void)tree_of(structured);
  std::string standard;
  event::append_standard(standard, record->headers, payload, document);
  (void)tree_of(standard);
  return 0;
}
