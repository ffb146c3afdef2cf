#include "common/log/kafka/errors.hpp"

namespace certes::log::kafka {
namespace {

constexpr std::pair<std::string_view, std::string_view> kNames[] = {
    {"ssl.ca.location", "kafka.ca_file"},        {"ssl.certificate.location", "kafka.cert_file"},
    {"ssl.key.location", "kafka.key_file"},      {"security.protocol", "kafka.security_protocol"},
    {"sasl.mechanisms", "kafka.sasl_mechanism"}, {"sasl.mechanism", "kafka.sasl_mechanism"},
    {"sasl.username", "kafka.sasl_username"},    {"sasl.password", "kafka.sasl_password_file"},
    {"bootstrap.servers", "kafka.brokers"},
};

Code code_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE: return Code::unauthenticated;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return Code::forbidden;
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: return Code::not_found;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE: return Code::too_large;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL: return Code::busy;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT: return Code::timeout;
    // The member's generation is over, or is about to be.
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST: return Code::conflict;
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE: return Code::invalid;
    default: return Code::unavailable;
  }
}

}  // namespace

Error to_error(rd_kafka_resp_err_t code, std::string_view what, std::string_view text) {
  std::string message(what);
  message += ": ";
  message += text.empty() ? std::string_view(rd_kafka_err2str(code)) : text;
  return {code_of(code), std::move(message)};
}

bool is_fatal(rd_kafka_resp_err_t code) {
  if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return true;
  const Code ours = code_of(code);
  return ours == Code::unauthenticated || ours == Code::forbidden;
}

bool is_passing(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC: return true;
    default: return false;
  }
}

std::string our_names(std::string_view text) {
  std::string ours(text);
  for (const auto& [theirs, name] : kNames)
    for (auto at = ours.find(theirs); at != std::string::npos; at = ours.find(theirs, at + name.size()))
      ours.replace(at, theirs.size(), name);
  return ours;
}

std::string_view connection_hint(const config::KafkaSettings& kafka, std::string_view text) {
  const auto says = [&](std::string_view what) { return text.find(what) != std::string_view::npos; };
  const bool tls = kafka.security_protocol.ends_with("ssl") || kafka.security_protocol.ends_with("SSL");
  if (tls && says("certificate verify failed"))
    return kafka.ca_file.empty() ? " (kafka.ca_file names the authority; without it, the system's count)"
                                 : " (the authority in kafka.ca_file has not signed the broker's certificate)";
  if (tls && says("handshake failed")) return " (does this listener speak TLS? kafka.security_protocol says so)";
  if (!tls && says("APIVERSION_QUERY")) return " (does this listener want TLS or SASL? See kafka.security_protocol)";
  return {};
}

std::string_view authentication_hint(const config::KafkaSettings& kafka) {
  constexpr int kFixed = 0x02060100;
  const bool scram = kafka.sasl_mechanism.starts_with("SCRAM");
  if (scram && rd_kafka_version() < kFixed)
    return " (see kafka.sasl_username and kafka.sasl_password_file; Kafka 4.x needs librdkafka 2.6.1 for SCRAM: use "
           "PLAIN over TLS, or the container)";
  return kafka.sasl_mechanism.empty() ? "" : " (see kafka.sasl_username and kafka.sasl_password_file)";
}

}  // namespace certes::log::kafka
