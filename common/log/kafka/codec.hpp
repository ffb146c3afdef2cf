#pragma once
// Records to and from librdkafka's form, and commit metadata to and from text. Private to common/log/kafka; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "common/log/kafka/handles.hpp"
#include "common/log/record.hpp"

namespace certes::log::kafka {

// Nothing if there are none.
RdHeaders to_headers(const Headers& headers);

RecordPtr to_record(const rd_kafka_message_t& message, Topic topic);

// Base64: metadata with NUL is corrupted before librdkafka 2.6.1. Nothing: not ours.
std::string encode_metadata(std::string_view bytes);
std::optional<std::string> decode_metadata(std::string_view text);

}  // namespace certes::log::kafka
