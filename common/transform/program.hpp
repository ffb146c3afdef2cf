#pragma once
// Program: a transformation, ready to run. Who: made by compile.hpp, run by transform.hpp; endpoints and subscriptions
// hold it. Immutable once made; any thread.

#include "common/transform/projection.hpp"

namespace certes::transform {

struct Program {
  Projection projection;
};

}  // namespace certes::transform
