// Commands: delivered like events, to one endpoint, and ended only after their result is on the log.
#include "common/log/names.hpp"
#include "dispatcher/outcome/command_result.hpp"
#include "dispatcher/outcome/recorder.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::string_view kNoResult = "no_result";
constexpr std::string_view kUnbound = "unbound";

std::string seconds(Millis time) {
  std::string text = std::to_string(static_cast<double>(time.count()) / 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

}  // namespace

// `then` runs once the result is acknowledged.
void Recorder::answer_first(Delivery& delivery, event::CommandResult&& result, Answers::Then then) {
  book_.begin_answering(delivery);
  const auto taken = answers_.append(delivery, std::move(result), std::move(then));
  if (taken) return;
  // The command stays open: a later owner tries again.
  observer_.problem("a command's result was refused: " + taken.error().message);
  begin(delivery, Cancelled{});
  on_recorded(delivery.id);
}

void Recorder::answered(Delivery& delivery, std::string_view rule, std::string_view error) {
  if (!needs_answer(delivery)) return;
  if (!delivery.is_out()) return end_by_result(delivery, rule, error);
  delivery.answer = rule.empty() ? Answer::given : Answer::failed;
}

void Recorder::end_by_result(Delivery& delivery, std::string_view rule, std::string_view error) {
  delivery.answer = rule.empty() ? Answer::given : Answer::failed;
  if (!rule.empty()) return give_up(delivery, {rule, error});
  delivery.attempts = std::max<std::uint32_t>(1, delivery.attempts);
  close(delivery, Delivered{}, {{}, {}});
}

void Recorder::end_answered(Delivery& delivery) {
  const bool failed_before = delivery.answer == Answer::failed;
  end_by_result(delivery, failed_before ? kFailedBefore : std::string_view(), {});
}

void Recorder::no_result(Delivery& delivery) {
  give_up(delivery, {kNoResult, "no result came within " + seconds(options_.result_timeout)});
}

void Recorder::unbound(Delivery& delivery) {
  give_up(delivery, {kUnbound, "no subscription of kind command takes it, or its endpoint is disabled"});
}

}  // namespace certes::dispatcher
