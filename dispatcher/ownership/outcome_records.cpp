#include "dispatcher/ownership/outcome_records.hpp"

#include <algorithm>
#include <charconv>

#include "common/base/hash.hpp"
#include "common/base/overloaded.hpp"
#include "common/log/names.hpp"
#include "common/log/origin.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kTextLimit = 4u << 10;  // of an error and an answer

struct Digits {
  char text[48];
  std::size_t size = 0;
  template <class Number>
  void add(Number value) {
    size = static_cast<std::size_t>(std::to_chars(text + size, text + sizeof text, value).ptr - text);
  }
  void add(char c) {
    if (size < sizeof text) text[size++] = c;
  }
  std::string_view view() const { return {text, size}; }
};

template <class Number>
void add_number(log::Headers& headers, std::string_view name, Number value) {
  Digits digits;
  digits.add(value);
  headers.add(name, digits.view());
}

template <class Number>
bool parse_number(std::string_view text, Number& value) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && at == text.data() + text.size();
}

// What stands on the log, or is to: a dead letter that is due keeps why.
void set_why(Outcome& outcome, std::string_view rule, std::string_view error, std::string_view answer) {
  if (outcome.topic != log::Topic::attempts || !std::holds_alternative<DeadLettered>(outcome.ending)) return;
  outcome.rule = rule;
  outcome.error = error;
  outcome.answer = answer.substr(0, kFailedAnswerBytes);
}

}  // namespace

void add_origin(log::Headers& headers, Place origin) {
  Digits digits;
  digits.add(origin.partition);
  digits.add(':');
  digits.add(origin.offset);
  headers.add(log::names::kOrigin, digits.view());
}

void add_term(log::Headers& headers, std::int64_t term) { add_number(headers, log::names::kTerm, term); }

// How the request went, and what decided when the next one is made.
void add_circumstances(log::Headers& headers, const AttemptRecord& attempt) {
  const auto add = [&headers](std::string_view name, std::string_view value) {
    if (!value.empty()) headers.add(name, value);
  };
  if (attempt.phases != nullptr && attempt.phases->any()) headers.add(log::names::kPhases, attempt.phases->text());
  add(log::names::kAddress, attempt.address);
  add(log::names::kAnswerHeader, attempt.answer_header);
  add(log::names::kNextBy, attempt.next_by);
  add(log::names::kPolicy, attempt.policy);
  if (attempt.breaker_open) headers.add(log::names::kBreaker, "open");
}

log::Record attempt_record(const AttemptRecord& attempt, Place origin) {
  log::Record record;
  log::Headers& headers = record.headers;
  headers.reserve(384 + attempt.delivery.size() + attempt.event_id.size() + attempt.endpoint.size());
  if (!attempt.delivery.empty()) headers.add(log::names::kDelivery, attempt.delivery);
  add_origin(headers, origin);
  headers.add(log::names::kId, attempt.event_id);
  if (!attempt.endpoint.empty()) headers.add(log::names::kEndpoint, attempt.endpoint);
  headers.add(log::names::kTenant, attempt.tenant);
  add_number(headers, log::names::kAttempt, attempt.attempt);
  headers.add(log::names::kOutcome, attempt.ending ? text_of(*attempt.ending) : kUnmatchedText);
  if (!attempt.error.empty()) headers.add(log::names::kError, attempt.error.substr(0, kTextLimit));
  if (!attempt.rule.empty()) headers.add(log::names::kRule, attempt.rule);
  if (attempt.status != 0) add_number(headers, log::names::kStatus, attempt.status);
  add_number(headers, log::names::kDurationUs, attempt.duration_us);
  const UnixMillis next_at = attempt.ending ? next_of(*attempt.ending) : 0;
  if (next_at != 0) add_number(headers, log::names::kNext, next_at);
  if (attempt.deliveries != 0) add_number(headers, log::names::kDeliveries, attempt.deliveries);
  add_circumstances(headers, attempt);
  record.value = attempt.answer.substr(0, kTextLimit);
  return record;
}

std::optional<book::Ended> Outcome::ended() const {
  using Ended = std::optional<book::Ended>;
  if (topic == log::Topic::dead_letters) return book::Ended::dead_lettered;
  return std::visit(
      Overloaded{[](const Delivered&) { return Ended(book::Ended::delivered); }, [](const RetryAt&) { return Ended(); },
                 [](const Awaiting&) { return Ended(); }, [](const DeadLettered&) { return Ended(); },
                 [](const Cancelled&) { return Ended(book::Ended::cancelled); }},
      ending);
}

book::Tried Outcome::tried() const {
  book::Tried tried{attempt, next_of(ending), recorded_at, Due::attempt};
  if (std::holds_alternative<Awaiting>(ending)) tried.what = Due::result;
  if (std::holds_alternative<DeadLettered>(ending)) {
    tried.due = recorded_at;
    tried.what = Due::dead_letter;
  }
  return tried;
}

Outcome outcome_of(const AttemptRecord& attempt, Place origin, UnixMillis recorded_at) {
  Outcome outcome;
  outcome.origin = origin;
  outcome.ending = attempt.ending.value_or(RetryAt{});
  outcome.tenant = attempt.tenant;
  outcome.endpoint = attempt.endpoint;
  outcome.delivery = attempt.delivery;
  outcome.attempt = attempt.attempt;
  outcome.recorded_at = recorded_at;
  set_why(outcome, attempt.rule, attempt.error, attempt.answer);
  return outcome;
}

std::optional<Outcome> outcome_of(const log::StoredRecord& record) {
  Outcome outcome;
  outcome.topic = record.topic;
  outcome.recorded_at = std::max<UnixMillis>(0, record.appended_at);
  bool has_origin = false;
  bool has_delivery = false;
  UnixMillis next_at = 0;
  std::string_view said, rule, error;
  for (const auto [name, value] : record.headers) {
    if (name == log::names::kOrigin) {
      const auto origin = log::parse_origin(value);
      if (!origin) return std::nullopt;
      outcome.origin = {origin->partition, origin->offset};
      has_origin = true;
    } else if (name == log::names::kDelivery) {
      outcome.delivery = value;
      has_delivery = true;
    } else if (name == log::names::kId) {
      outcome.event = hash64(value);
    } else if (name == log::names::kTenant) {
      outcome.tenant = value;
    } else if (name == log::names::kEndpoint) {
      outcome.endpoint = value;
    } else if (name == log::names::kAttempt && record.topic == log::Topic::attempts) {
      if (!parse_number(value, outcome.attempt)) outcome.attempt = 0;
    } else if (name == log::names::kNext) {
      if (!parse_number(value, next_at) || next_at < 0) next_at = 0;
    } else if (name == log::names::kOutcome) {
      said = value;
    } else if (name == log::names::kRule) {
      rule = value;
    } else if (name == log::names::kError) {
      error = value;
    }
  }
  if (!has_origin || !has_delivery) return std::nullopt;
  if (outcome.endpoint.empty()) {
    outcome.tenant.clear();
    outcome.endpoint = kNobody;
  }
  outcome.ending = DeadLettered{};
  if (record.topic == log::Topic::attempts) outcome.ending = parse_ending(said, next_at).value_or(RetryAt{next_at});
  set_why(outcome, rule, error, record.value);
  return outcome;
}

book::Outcome for_index(const Outcome& outcome) {
  book::Outcome made{outcome.origin.offset, outcome.tenant, outcome.endpoint, outcome.ended(), {}, {}, outcome.event};
  if (made.ended) return made;
  made.tried = outcome.tried();
  made.reason = {outcome.rule, outcome.error, outcome.answer};
  return made;
}

}  // namespace certes::dispatcher
