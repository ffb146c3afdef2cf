#pragma once
// How long what a rotation replaces stays good beside what is new: `grace_seconds` of its body. Who: the routes that
// rotate keys and signing secrets. Pure.

#include "common/registry/json.hpp"

namespace certes::api {

inline constexpr double kDefaultGraceSeconds = 86'400;

inline void take_grace(registry::Fields& fields, double& seconds) {
  constexpr double kLongestGraceSeconds = 30 * 86'400;
  fields.number("grace_seconds", seconds, 0, kLongestGraceSeconds);
}

}  // namespace certes::api
