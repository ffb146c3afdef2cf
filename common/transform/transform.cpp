#include "common/transform/transform.hpp"

#include <array>

#include "common/transform/project.hpp"

namespace certes::transform {
namespace {

constexpr std::array<std::string_view, 4> kWhys = {"missing", "member_twice", "header", "output"};

}  // namespace

std::string_view to_string(Failure::Why why) { return kWhys[static_cast<std::size_t>(why)]; }

Transformed transform(const Program& program, const Source& source, const Limits& limits) {
  return project(program.projection, source, limits);
}

}  // namespace certes::transform
