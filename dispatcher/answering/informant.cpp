#include "dispatcher/answering/informant.hpp"

#include <algorithm>
#include <iterator>

namespace certes::dispatcher {
namespace {

struct Row {
  std::string_view kind;
  std::string (*value)(const Informant::Parts&, const questions::Question&);
};

constexpr Row kRows[] = {{questions::kEndpointStats, endpoint_stats},
                         {questions::kDeliveryStanding, delivery_standing},
                         {questions::kOverview, overview}};

}  // namespace

std::optional<questions::Answer> Informant::answer(const questions::Question& question) {
  const auto* const row = std::ranges::find(kRows, question.kind, &Row::kind);
  if (row == std::end(kRows)) return std::nullopt;
  questions::Answer answer;
  answer.question = question.id;
  parts_.book.each_index([&](std::int32_t partition, const book::OpenIndex&) {
    if (parts_.backlogs.has(partition)) answer.partitions.push_back(partition);
  });
  answer.value = row->value(parts_, question);
  return answer;
}

}  // namespace certes::dispatcher
