#pragma once
// The forms in which providers sign: a MAC in a header of its own, or time and MACs as items of one header. Who:
// verifiers, signing anew. Constant, any thread.

#include <string_view>

#include "common/registry/resources.hpp"
#include "common/signature/time.hpp"

namespace certes::signature {

// Schemes that are the generic one with everything said.
struct MacForm {
  std::string_view scheme, header, prefix, encoding, signed_parts, timestamp;
  TimeForm time = TimeForm::unix_seconds;
};
// `name=value` items: Stripe (`t=…,v1=…`, over "t.body") and Paddle (`ts=…;h1=…`, over "ts:body"). Unix seconds.
struct ListForm {
  std::string_view scheme, header;
  char separator;
  std::string_view time, mac, joint;
};

// Null: the scheme has no such form.
const MacForm* mac_form(std::string_view scheme);
const ListForm* list_form(std::string_view scheme);

// The source's `verify` as the generic scheme would have to say it. Of `generic` itself as it is.
registry::Verify as_generic(const registry::Verify& verify);
// Precondition: generic, or has a MacForm.
TimeForm time_form(const registry::Verify& verify);

}  // namespace certes::signature
