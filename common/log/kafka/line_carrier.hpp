#pragma once
// Log lines between gateways, on the topic `logs` (kept for a minute, written with acks=0). Partition 0 has
// announcements: every few seconds, whoever has watchers says so, and all gateways read that. Partition 1 has the
// lines, written only while an announcement is fresh, and read only by gateways that have watchers.
// Private to common/log/kafka: KafkaLog. See common/log/line_carrier.hpp.

#include "common/log/kafka/kafka_log.hpp"
#include "common/log/line_carrier.hpp"

namespace certes::log::kafka {

// Errors: invalid, naming the setting.
Result<std::unique_ptr<LineCarrier>> make_line_carrier(const Options& options);

}  // namespace certes::log::kafka
