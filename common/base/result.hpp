#pragma once
// Result<T>: a value or an Error. Functions that can fail return it; nobody may ignore it.

#include <tl/expected.hpp>

#include "common/base/error.hpp"

namespace certes {

template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using Base = tl::expected<T, Error>;
  using Base::Base;
  Result() = default;
  Result(Base base) : Base(std::move(base)) {}
};

// return fail(Code::invalid, "no such thing", "/pointer");
inline tl::unexpected<Error> fail(Code code, std::string message, std::string pointer = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(pointer)});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace certes
