#pragma once
// The spans of an attempt that has ended: how long its delivery waited for it, and the request itself. Who: Meters,
// where there are traces. Confined to the core loop.

#include "common/traces/tracer.hpp"
#include "dispatcher/ports.hpp"

namespace certes::dispatcher {

// None, where the event's trace is not sampled. `now`: when it has ended.
void record_spans(traces::Tracer& tracer, const AttemptSeen& attempt, SteadyTime now);

}  // namespace certes::dispatcher
