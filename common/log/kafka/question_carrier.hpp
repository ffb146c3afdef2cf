#pragma once
// Questions and answers between processes, on partition 0 of the topic `logs`, which has the announcements of who
// watches lines too: all read it, and pass over what is not theirs. See common/log/question_carrier.hpp.
// Private to common/log/kafka: KafkaLog.

#include "common/log/kafka/kafka_log.hpp"
#include "common/log/question_carrier.hpp"

namespace certes::log::kafka {

// Errors: invalid, naming the setting.
Result<std::unique_ptr<QuestionCarrier>> make_question_carrier(const Options& options);

}  // namespace certes::log::kafka
