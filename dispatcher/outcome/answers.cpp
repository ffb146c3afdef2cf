#include "dispatcher/outcome/answers.hpp"

#include "dispatcher/book/delivery_id.hpp"

namespace certes::dispatcher {

Answers::Answers(Book& book, Outcomes& outcomes, Observer& observer, const Clock& clock, std::uint64_t seed)
    : book_(book), outcomes_(outcomes), observer_(observer), clock_(clock), ids_(clock, seed) {}

Result<void> Answers::append(Delivery& delivery, event::CommandResult&& result, Then then) {
  event::CommandResult without_data{result.succeeded, true, result.content_type, {}, result.rule, result.error};
  if (auto taken = append_once(delivery, std::move(result), then); taken) return taken;
  return append_once(delivery, std::move(without_data), std::move(then));
}

Result<void> Answers::append_once(Delivery& delivery, event::CommandResult&& result, Then then) {
  const log::StoredRecord& command = *delivery.record->record;
  const std::string_view status = result.succeeded ? event::kSucceeded : event::kFailed;
  auto record =
      event::result_record(command, event_id(command), std::move(result), ids_.next("evt_"), clock_.unix_millis());
  return outcomes_.append_event(delivery.record->place(), std::move(record),
                                [this, id = delivery.id, status, then = std::move(then)] {
                                  Delivery* one = book_.find(id);
                                  if (one == nullptr || one->record == nullptr) return;
                                  observer_.answered(status);
                                  one->answer = Answer::given;
                                  then(*one);
                                });
}

}  // namespace certes::dispatcher
