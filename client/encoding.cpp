#include "client/encoding.hpp"

#include <nlohmann/json.hpp>

#include "common/event/attributes.hpp"
#include "common/event/json_document.hpp"

namespace certes::client {
namespace {

using Attributes = std::vector<std::pair<std::string_view, std::string_view>>;

constexpr std::size_t kLargestInBatch = 64u << 10;  // of data

// `members` and the data as one JSON object; the data is embedded as it is written.
std::string json_object(const Attributes& members, std::string_view data) {
  std::string text = "{";
  text.reserve(256 + data.size());
  for (const auto& [name, value] : members) {
    if (value.empty()) continue;
    text.append(text.size() == 1 ? "\"" : ",\"").append(name).append("\":");
    text += nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  if (!data.empty()) text.append(",\"data\":").append(data);
  return text += '}';
}

// CloudEvents HTTP binding 1.0, 3.1.3.2: what is not printable ASCII, and the space, the quote and the percent sign,
// is percent-encoded.
std::string header(std::string_view name, std::string_view value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string line = "ce-";
  line.append(name).append(": ");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '"' && c != '%')
      line += c;
    else
      line += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return line;
}

// CloudEvents' names; specversion is not among them.
Attributes cloud_attributes(const event::Event& event) {
  Attributes attributes{{"id", event.client_id},
                        {"source", event.source},
                        {"type", event.type},
                        {"subject", event.subject},
                        {"time", event.time},
                        {"partitionkey", event.partition_key},
                        {"conversationid", event.conversation_id},
                        {"causeid", event.cause_id},
                        {"traceparent", event.traceparent},
                        {"tracestate", event.tracestate}};
  for (const auto& [name, value] : event.extensions) attributes.emplace_back(name, value);
  return attributes;
}

std::string plain_json(const event::Event& event) {
  return json_object({{"type", event.type},
                      {"id", event.client_id},
                      {"source", event.source},
                      {"subject", event.subject},
                      {"time", event.time},
                      {"partition_key", event.partition_key},
                      {"conversation_id", event.conversation_id},
                      {"cause_id", event.cause_id}},
                     event.data);
}

std::string cloud_json(const event::Event& event) {
  Attributes members = cloud_attributes(event);
  members.insert(members.begin(), {"specversion", "1.0"});
  members.emplace_back("datacontenttype", event.data_content_type);
  return json_object(members, event.data);
}

void set_binary(Item& item, event::Event&& event) {
  item.form = Form::whole;
  item.headers.emplace_back("ce-specversion: 1.0");
  for (const auto& [name, value] : cloud_attributes(event))
    if (!value.empty()) item.headers.push_back(header(name, value));
  if (!event.data_content_type.empty()) item.headers.push_back("content-type: " + event.data_content_type);
  item.body = std::move(event.data);
}

// White space around it would be lost where it is embedded.
bool holds_json(const event::Event& event) {
  constexpr std::string_view kSpace = " \t\r\n";
  if (event.data.empty() || kSpace.find(event.data.front()) != kSpace.npos ||
      kSpace.find(event.data.back()) != kSpace.npos)
    return false;
  return event::is_json(event.data_content_type) && event::JsonDocument().parse(event.data).has_value();
}

}  // namespace

Item item_of(event::Event&& event) {
  Item item;
  item.id = event.client_id;
  item.key = event.partition_key;
  item.type = event.type;
  item.source = event.source;
  const bool small = event.data.size() <= kLargestInBatch;
  const bool plain_type = event.data_content_type == "application/json";
  const bool plain = event.extensions.empty() && event.traceparent.empty() && event.tracestate.empty() && plain_type;
  if (event.source.empty() || (plain && holds_json(event)))
    item.body = plain_json(event);
  else if (small && (event.data.empty() || holds_json(event)))
    item.form = Form::cloud, item.body = cloud_json(event);
  else
    set_binary(item, std::move(event));
  return item;
}

std::string_view content_type_of(Form form, bool batch) {
  if (form == Form::plain) return "application/json";
  return batch ? "application/cloudevents-batch+json" : "application/cloudevents+json";
}

std::string joined_bodies(const std::vector<Item>& items) {
  std::size_t size = 2 + items.size();
  for (const Item& item : items) size += item.body.size();
  std::string text;
  text.reserve(size);
  text += '[';
  for (const Item& item : items) text.append(&item == &items.front() ? "" : ",").append(item.body);
  return text += ']';
}

}  // namespace certes::client
