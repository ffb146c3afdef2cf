#pragma once
// A Source's payload as JSON. Inside common/transform only. Confined to one thread.

#include <string>

#include "common/transform/transform.hpp"

namespace certes::transform {

// Parses it: JSON as it is, a form as an object of strings (`form` holds it then, of a name the first). False: it is
// neither.
bool parse_payload(const Source& source, std::string& form);

}  // namespace certes::transform
