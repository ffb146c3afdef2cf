#pragma once
// Overloaded: one visitor of several functions, for std::visit. With a function for each alternative and none that
// takes all, an alternative that is added is an error of the compiler wherever it is forgotten. Any thread.

namespace certes {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;  // clang has none of its own for aggregates before 17

}  // namespace certes
