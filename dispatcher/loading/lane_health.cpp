#include "dispatcher/loading/lane_health.hpp"

#include <algorithm>

namespace certes::dispatcher {

void learn_health(const book::LaneNotes& notes, questions::Attempts& attempts) {
  attempts.last_success = std::max(attempts.last_success, notes.last_success);
  UnixMillis& since = attempts.failing_since;
  if (notes.failing_since > attempts.last_success && (since == 0 || notes.failing_since < since))
    since = notes.failing_since;
  if (since <= attempts.last_success) since = 0;
}

void note_health(book::LaneTable& lanes, book::LaneNumber lane, const questions::Attempts& attempts) {
  book::LaneNotes notes = lanes.at(lane)->notes;
  notes.failing_since = attempts.failing_since;
  notes.last_success = attempts.last_success;
  lanes.set_notes(lane, notes);
}

}  // namespace certes::dispatcher
