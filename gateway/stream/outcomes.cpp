#include "gateway/stream/outcomes.hpp"

#include <algorithm>
#include <charconv>

#include "common/event/structured.hpp"
#include "common/log/names.hpp"

namespace certes::gateway::stream {
namespace {

namespace names = log::names;

constexpr std::string_view kDelivered = "delivered";
constexpr std::string_view kRetry = "retry";
constexpr std::string_view kAwaiting = "awaiting";

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void add_text(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out.append(",\"").append(name).append("\":");
  event::append_json_string(out, value);
}

}  // namespace

bool Outcomes::Delivery::ended() const { return outcome != kRetry && outcome != kAwaiting; }

Outcomes::Delivery& Outcomes::delivery(std::string_view id) {
  for (Delivery& known : deliveries_)
    if (known.id == id) return known;
  deliveries_.emplace_back().id = id;
  return deliveries_.back();
}

bool Outcomes::take(const log::StoredRecord& record, std::size_t room) {
  const std::string_view outcome = record.headers.get(names::kOutcome);
  if (outcome == "unmatched") unmatched_ = true;
  const std::string_view id = record.headers.get(names::kDelivery);
  if (id.empty() || outcome.empty()) return true;
  const auto deliveries = static_cast<std::size_t>(number(record.headers.get(names::kDeliveries)));
  expected_ = std::max(expected_, deliveries);
  Delivery& known = delivery(id);
  const auto attempts = static_cast<std::uint32_t>(number(record.headers.get(names::kAttempt)));
  if (!known.outcome.empty() && (attempts < known.attempts || known.ended())) return true;
  known.endpoint = record.headers.get(names::kEndpoint);
  known.outcome = outcome;
  known.error = record.headers.get(names::kError);
  known.attempts = attempts;
  known.next_at = number(record.headers.get(names::kNext));
  // How a command's delivery ended is told without an attempt: the last one's answer stays.
  const int status = static_cast<int>(number(record.headers.get(names::kStatus)));
  if (status == 0 && record.value.empty() && outcome == kDelivered) return true;
  known.status = status;
  bytes_ -= known.answer.size();
  known.cut = record.value.size() > room + known.answer.size();
  known.answer = known.cut ? std::string() : record.value;
  bytes_ += known.answer.size();
  return !known.cut;
}

bool Outcomes::over() const {
  if (unmatched_) return true;
  if (expected_ == 0 || deliveries_.size() < expected_) return false;
  return std::all_of(deliveries_.begin(), deliveries_.end(), [](const Delivery& one) { return one.ended(); });
}

// Another delivery may still be on its way: then there is something to wait for.
bool Outcomes::later_than(UnixMillis at) const {
  if (over() || expected_ == 0 || deliveries_.size() < expected_) return false;
  return std::all_of(deliveries_.begin(), deliveries_.end(),
                     [at](const Delivery& one) { return one.ended() || (one.outcome == kRetry && one.next_at > at); });
}

std::string_view Outcomes::status() const {
  if (!over()) return "accepted";
  if (unmatched_) return "unmatched";
  const bool delivered = std::all_of(deliveries_.begin(), deliveries_.end(),
                                     [](const Delivery& one) { return one.outcome == kDelivered; });
  return delivered ? "delivered" : "failed";
}

std::string Outcomes::json(std::string_view event_id) const {
  std::string out = "{\"id\":\"";
  out.append(event_id).append(R"(","status":")").append(status()).append(R"(","deliveries":[)");
  for (const Delivery& one : deliveries_) {
    if (out.back() != '[') out.push_back(',');
    out.append("{\"endpoint\":");
    event::append_json_string(out, one.endpoint);
    add_text(out, "state", one.outcome);
    out.append(",\"attempts\":").append(std::to_string(one.attempts));
    if (one.status != 0) out.append(",\"status\":").append(std::to_string(one.status));
    add_text(out, "error", one.error);
    if (!one.ended() && one.next_at != 0) add_text(out, "retry_at", format_rfc3339(one.next_at));
    add_text(out, "body", one.answer);
    if (one.cut) out.append(R"(,"body_cut":true)");
    out.push_back('}');
  }
  return out.append("]}");
}

}  // namespace certes::gateway::stream
