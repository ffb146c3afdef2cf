#include "api/steps.hpp"

#include "gateway/access/problem.hpp"

namespace certes::api {

std::optional<http::Response> LongSteps::step() {
  auto done = go_on(std::chrono::steady_clock::now() + kStep);
  return done ? std::move(*done) : gateway::problem_of(done.error(), "api");
}

}  // namespace certes::api
