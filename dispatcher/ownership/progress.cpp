#include "dispatcher/ownership/progress.hpp"

#include <algorithm>
#include <cstring>

#include "common/base/bytes.hpp"
#include "common/log/names.hpp"

namespace certes::dispatcher {
namespace {

constexpr char kVersion =
    4;  // 3: without the group; 2: without the answers of what is due; 1: all its states say attempt

// A delivery's state in a number: whether it is done, above that in two bits what is due, and whether it is a dead
// letter.
constexpr std::uint64_t kDone = 1, kDeadLettered = 8, kDueBits = 3, kFlags = 15;
constexpr auto kMostDue = static_cast<std::uint64_t>(Due::result);

void write_states(ByteWriter& out, const DeliveryStates& states) {
  out.number(states.size());
  for (const auto& [delivery, state] : states) {
    out.text(delivery);
    out.number((state.done ? kDone : 0) | static_cast<std::uint64_t>(state.due) << 1 |
               (state.dead_lettered ? kDeadLettered : 0));
    out.number(state.attempts);
    out.signed_number(state.next_at);
    out.signed_number(state.first_at);
    if (state.due != Due::dead_letter) continue;
    out.text(state.rule);
    out.text(state.error);
    out.text(state.answer);
  }
}

DeliveryStates read_states(ByteReader& in, char version) {
  DeliveryStates states;
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    std::string delivery(in.text());
    DeliveryState state;
    const std::uint64_t flags = in.number();
    const std::uint64_t due = flags >> 1 & kDueBits;
    if (flags > kFlags || due > kMostDue) in.fail();
    state.done = (flags & kDone) != 0;
    state.dead_lettered = (flags & kDeadLettered) != 0;
    state.due = due > kMostDue ? Due::attempt : static_cast<Due>(due);
    state.attempts = static_cast<std::uint32_t>(in.number());
    state.next_at = in.signed_number();
    state.first_at = in.signed_number();
    if (state.due == Due::dead_letter) {
      state.rule = in.text();
      state.error = in.text();
      if (version >= 3) state.answer = in.text();
    }
    states.emplace_hint(states.end(), std::move(delivery), state);
  }
  return states;
}

}  // namespace

std::string encode(const Progress& progress) {
  std::string bytes(1, kVersion);
  bytes.reserve(64 + progress.open.size() * 2 + progress.states.size() * 64);
  ByteWriter out(bytes);
  out.signed_number(progress.term);
  out.signed_number(progress.watermark);
  out.signed_number(progress.before);
  out.signed_number(progress.position);
  out.signed_number(progress.last);
  out.number(progress.open.size());
  for (std::int64_t last = progress.watermark; const std::int64_t offset : progress.open) {
    out.signed_number(offset - last);
    last = offset;
  }
  out.number(progress.tails.size());
  for (const std::int64_t position : progress.tails) out.signed_number(position);
  out.number(progress.states.size());
  for (const auto& [offset, states] : progress.states) {
    out.signed_number(offset);
    write_states(out, states);
  }
  out.text(progress.group);
  return bytes;
}

Result<Progress> decode(std::string_view bytes) {
  if (bytes.empty() || bytes.front() < 1 || bytes.front() > kVersion)
    return fail(Code::invalid, "checkpoint of an unknown version");
  ByteReader in(bytes.substr(1));
  Progress progress;
  progress.term = in.signed_number();
  progress.watermark = in.signed_number();
  progress.before = in.signed_number();
  progress.position = in.signed_number();
  progress.last = in.signed_number();
  const std::uint64_t open = in.count();
  progress.open.reserve(open);
  for (std::int64_t last = progress.watermark; progress.open.size() < open && in.ok();)
    progress.open.push_back(last += in.signed_number());
  if (in.number() != kTailCount) return fail(Code::invalid, "checkpoint with other topics");
  for (std::int64_t& position : progress.tails) position = in.signed_number();
  for (std::uint64_t left = in.count(); left > 0 && in.ok(); --left) {
    const std::int64_t offset = in.signed_number();
    progress.states.emplace_hint(progress.states.end(), offset, read_states(in, bytes.front()));
  }
  if (bytes.front() >= 4) progress.group = in.text();
  if (!in.done() || !std::is_sorted(progress.open.begin(), progress.open.end()))
    return fail(Code::invalid, "checkpoint cut off or damaged");
  return progress;
}

}  // namespace certes::dispatcher
