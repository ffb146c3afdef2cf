#include "dispatcher/outcome/dead_letter.hpp"

#include "common/event/record_headers.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "dispatcher/ownership/owner.hpp"

namespace certes::dispatcher {
namespace {

namespace names = log::names;

// Set anew on every dead letter, or by the log's owner: what a replayed record brings of them is its past. Which replay
// it is stays, and the how manieth.
bool replaced(std::string_view name) {
  return event::is_of_delivery(name) && name != names::kReplay && name != names::kReplays;
}

// Of a malformed record: its letter is the default tenant's, else nobody would ever see it.
bool unfit_tenant(std::string_view name, std::string_view value) {
  return name == names::kTenant && !event::fit_tenant(value);
}

bool is_anothers(const log::StoredRecord& event, std::string_view tenant) {
  return !tenant.empty() && event.headers.find(names::kTenant).value_or("default") != tenant;
}

// What is kept even of an event whose headers are too large: enough to find it again.
bool identifies(std::string_view name, std::string_view value) {
  const bool known = name == names::kId || name == names::kTenant || name == "ce_id" || name == "ce_source" ||
                     name == "ce_type" || name == "ce_specversion";
  return known && value.size() <= 1024;
}

}  // namespace

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

log::Record dead_letter_record(const log::StoredRecord& event, const DeadLetter& letter, Keep keep) {
  log::Record record;
  const auto error = cut(letter.error, kMaxErrorBytes);
  if (keep != Keep::nothing) {
    record.key = event.key;
    record.headers.reserve(event.headers.bytes().size() + 256 + error.size());
  }
  const bool anothers = is_anothers(event, letter.tenant);
  for (const auto field : event.headers)
    if (!replaced(field.name) && !unfit_tenant(field.name, field.value) &&
        !(anothers && field.name == names::kTenant) && (keep != Keep::nothing || identifies(field.name, field.value)))
      record.headers.add(field.name, field.value);
  if (anothers) record.headers.add(names::kTenant, letter.tenant);
  record.headers.add(names::kDelivery, letter.delivery);
  if (!letter.endpoint.empty()) record.headers.add(names::kEndpoint, letter.endpoint);
  record.headers.add(names::kAttempts, std::to_string(letter.attempts));
  record.headers.add(names::kRule, letter.rule);
  if (!letter.policy.empty()) record.headers.add(names::kPolicy, letter.policy);
  if (!error.empty()) record.headers.add(names::kError, error);
  if (keep != Keep::nothing && !letter.answer.empty())
    record.headers.add(names::kAnswer, cut(letter.answer, kFailedAnswerBytes));
  if (keep == Keep::all && !letter.undelivered.empty()) record.headers.add(event::kUndelivered, letter.undelivered);
  if (keep == Keep::all)
    record.value = event.value;
  else if (!event.value.empty())
    record.headers.add(names::kPayload, "dropped");
  return record;
}

}  // namespace certes::dispatcher
