#pragma once
// librdkafka's error codes as ours. Private to common/log/kafka; any thread.

#include <librdkafka/rdkafka.h>

#include <string_view>

#include "common/base/error.hpp"
#include "common/config/settings.hpp"

namespace certes::log::kafka {

// "<what>: <librdkafka's text>"; `text` replaces librdkafka's if given.
Error to_error(rd_kafka_resp_err_t code, std::string_view what, std::string_view text = {});

// Whether no waiting will cure it: credentials, TLS, rights, configuration, a second process with the same instance.
bool is_fatal(rd_kafka_resp_err_t code);

// A leader moves, or is not known yet: the same question will soon be answered.
bool is_passing(rd_kafka_resp_err_t code);

// librdkafka's text with our settings in the place of its own.
std::string our_names(std::string_view text);

// What to add to a connection's error, if the cause shows: TLS is spoken to a listener without it, or the other way
// round; the authority is not known.
std::string_view connection_hint(const config::KafkaSettings& kafka, std::string_view text);

// What to add to an authentication error, if the cause is known: SCRAM of librdkafka before 2.6.1 is refused by Kafka
// 4.
std::string_view authentication_hint(const config::KafkaSettings& kafka);

}  // namespace certes::log::kafka
