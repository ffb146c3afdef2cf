#pragma once
// Result<T>: a value or an Error. Functions that can fail return it; nobody may ignore it.

#include <tl/expected.hpp>

#include "common/base/error.hpp"

namespace certes {

template <class T = void>
using Result [[nodiscard]] = tl::expected<T, Error>;

// return fail(Code::invalid, "no such thing", "/pointer");
inline tl::unexpected<Error> fail(Code code, std::string message, std::string pointer = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(pointer)});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace certes
