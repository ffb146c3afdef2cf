#pragma once
// A projection, run. Inside common/transform only. Confined to one thread.

#include "common/transform/transform.hpp"

namespace certes::transform {

Transformed project(const Projection& projection, const Source& source, const Limits& limits);

}  // namespace certes::transform
