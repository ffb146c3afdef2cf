#pragma once
// Since when an endpoint has done nothing but fail, as its lanes carry it from owner to owner, so that no restart makes
// it begin anew. Who: the recorder notes it when it changes; lanes that come, or come back, bring what they know. Pure.

#include "common/questions/endpoint_stats.hpp"
#include "dispatcher/book/lanes.hpp"

namespace certes::dispatcher {

// What the lane knows is forgotten where this process knows of a later success.
void learn_health(const book::LaneNotes& notes, questions::Attempts& attempts);
void note_health(book::LaneTable& lanes, book::LaneNumber lane, const questions::Attempts& attempts);

}  // namespace certes::dispatcher
