#pragma once
// Questions and answers as records of the topic `logs`: a header says which, the value is JSON with a format number.
// What is read may be anybody's: what is no question and no answer of this format, within its bounds, is nothing. Who:
// whoever sits between the carrier and who asks or answers. Pure; any thread.

#include <optional>
#include <variant>

#include "common/log/record.hpp"
#include "common/questions/question.hpp"

namespace certes::questions {

inline constexpr std::size_t kMostValueBytes = 32u << 10;  // of an answer's value
inline constexpr std::size_t kMostRecordBytes = 64u << 10;
inline constexpr std::int32_t kMostPartitions = 4'096;

log::Record to_record(const Question& question);
// Nothing: its value is too large, or no JSON object.
std::optional<log::Record> to_record(const Answer& answer);

using Said = std::variant<std::monostate, Question, Answer>;
Said parse(const log::Headers& headers, std::string_view value);

}  // namespace certes::questions
