#include "common/log/kafka/codec.hpp"

#include <array>
#include <cstdint>

namespace certes::log::kafka {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kLongestName = 65'535;

constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}();

void read_headers(const rd_kafka_message_t& message, Headers& to) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    bytes += std::strlen(name) + size + 6;
  to.reserve(bytes);
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    to.add(std::string_view(name).substr(0, kLongestName),
           value ? std::string_view(static_cast<const char*>(value), size) : std::string_view());
}

}  // namespace

RdHeaders to_headers(const Headers& headers) {
  if (headers.empty()) return nullptr;
  RdHeaders made(rd_kafka_headers_new(16));
  for (const HeaderView header : headers)
    rd_kafka_header_add(made.get(), header.name.data(), static_cast<ssize_t>(header.name.size()), header.value.data(),
                        static_cast<ssize_t>(header.value.size()));
  return made;
}

RecordPtr to_record(const rd_kafka_message_t& message, Topic topic) {
  auto record = std::make_shared<StoredRecord>();
  record->topic = topic;
  record->partition = message.partition;
  record->offset = message.offset;
  record->appended_at = rd_kafka_message_timestamp(&message, nullptr);
  if (message.key) record->key.emplace(static_cast<const char*>(message.key), message.key_len);
  if (message.payload) record->value.assign(static_cast<const char*>(message.payload), message.len);
  read_headers(message, record->headers);
  return record;
}

std::string encode_metadata(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8) | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= n ? kAlphabet[(group >> (18 - 6 * k)) & 63] : '=';
  }
  return text;
}

std::optional<std::string> decode_metadata(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    const std::int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    group = (group << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((group >> bits) & 0xff);
  }
  return bytes;
}

}  // namespace certes::log::kafka
