#include "common/log/owner_records.hpp"

#include <algorithm>
#include <charconv>

#include "common/log/names.hpp"

namespace certes::log {
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
void add_number(Headers& headers, std::string_view name, Number value) {
  Digits digits;
  digits.add(value);
  headers.add(name, digits.view());
}

template <class Number>
bool parse_number(std::string_view text, Number& value) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && at == text.data() + text.size();
}

std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t colon = text.find(':');
  Origin origin;
  if (colon == std::string_view::npos || !parse_number(text.substr(0, colon), origin.partition) ||
      !parse_number(text.substr(colon + 1), origin.offset))
    return std::nullopt;
  return origin;
}

bool is_final(std::string_view outcome) { return outcome == "delivered" || outcome == "cancelled"; }

}  // namespace

void add_origin(Headers& headers, Origin origin) {
  Digits digits;
  digits.add(origin.partition);
  digits.add(':');
  digits.add(origin.offset);
  headers.add(names::kOrigin, digits.view());
}

void add_term(Headers& headers, std::int64_t term) { add_number(headers, names::kTerm, term); }

Record attempt_record(const AttemptRecord& attempt, Origin origin) {
  Record record;
  Headers& headers = record.headers;
  headers.reserve(384 + attempt.delivery.size() + attempt.event_id.size() + attempt.endpoint.size());
  if (!attempt.delivery.empty()) headers.add(names::kDelivery, attempt.delivery);
  add_origin(headers, origin);
  headers.add(names::kId, attempt.event_id);
  if (!attempt.endpoint.empty()) headers.add(names::kEndpoint, attempt.endpoint);
  headers.add(names::kTenant, attempt.tenant);
  add_number(headers, names::kAttempt, attempt.attempt);
  headers.add(names::kOutcome, attempt.outcome);
  if (!attempt.error.empty()) headers.add(names::kError, attempt.error.substr(0, kTextLimit));
  if (!attempt.rule.empty()) headers.add(names::kRule, attempt.rule);
  if (attempt.status != 0) add_number(headers, names::kStatus, attempt.status);
  add_number(headers, names::kDurationUs, attempt.duration_us);
  if (attempt.next_at != 0) add_number(headers, names::kNext, attempt.next_at);
  if (attempt.deliveries != 0) add_number(headers, names::kDeliveries, attempt.deliveries);
  record.value = attempt.answer.substr(0, kTextLimit);
  return record;
}

Effect effect_of(const AttemptRecord& attempt) { return is_final(attempt.outcome) ? Effect::ended : Effect::failed; }

void set_due(Outcome& outcome, std::string_view attempt_outcome, const Why& why) {
  outcome.due = Due::attempt;
  outcome.rule.clear();
  outcome.error.clear();
  outcome.answer.clear();
  if (attempt_outcome == "awaiting") outcome.due = Due::result;
  if (attempt_outcome != "dead_lettered") return;
  outcome.due = Due::dead_letter;
  outcome.rule = why.rule;
  outcome.error = why.error;
  outcome.answer = why.answer.substr(0, kFailedAnswerBytes);
}

std::optional<Outcome> outcome_of(const StoredRecord& record) {
  Outcome outcome;
  outcome.topic = record.topic;
  outcome.recorded_at = record.appended_at;
  bool has_origin = false;
  bool has_delivery = false;
  std::string_view said, rule, error;
  for (const auto [name, value] : record.headers) {
    if (name == names::kOrigin) {
      const auto origin = parse_origin(value);
      if (!origin) return std::nullopt;
      outcome.origin = *origin;
      has_origin = true;
    } else if (name == names::kDelivery) {
      outcome.delivery = value;
      has_delivery = true;
    } else if (name == names::kId) {
      outcome.event_id = value;
    } else if (name == names::kAttempt && record.topic == Topic::attempts) {
      if (!parse_number(value, outcome.attempt)) outcome.attempt = 0;
    } else if (name == names::kNext) {
      if (!parse_number(value, outcome.next_at)) outcome.next_at = 0;
    } else if (name == names::kOutcome) {
      said = value;
    } else if (name == names::kRule) {
      rule = value;
    } else if (name == names::kError) {
      error = value;
    }
  }
  if (is_final(said)) outcome.effect = Effect::ended;
  if (record.topic == Topic::attempts) set_due(outcome, said, {rule, error, record.value});
  if (!has_origin || !has_delivery) return std::nullopt;
  if (record.topic == Topic::dead_letters) outcome.effect = Effect::ended;
  return outcome;
}

void apply(const Outcome& outcome, DeliveryState& state) {
  if (outcome.topic == Topic::attempts && state.first_at == 0) state.first_at = outcome.recorded_at;
  if (outcome.effect == Effect::ended) {
    state.done = true;
    state.dead_lettered = outcome.topic == Topic::dead_letters;
    state.due = Due::attempt;
    state.rule.clear();
    state.error.clear();
    state.answer.clear();
    return;
  }
  if (state.done || outcome.attempt < state.attempts) return;
  state.attempts = outcome.attempt;
  state.next_at = outcome.next_at;
  state.due = outcome.due;
  state.rule = outcome.rule;
  state.error = outcome.error;
  state.answer = outcome.answer;
}

}  // namespace certes::log
