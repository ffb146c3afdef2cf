#include "common/log/kafka/codec.hpp"

#include "common/crypto/crypto.hpp"

namespace certes::log::kafka {
namespace {

constexpr std::size_t kLongestName = 65'535;

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

std::string encode_metadata(std::string_view bytes) { return crypto::base64_encode(bytes); }

std::optional<std::string> decode_metadata(std::string_view text) { return crypto::base64_decode(text); }

}  // namespace certes::log::kafka
