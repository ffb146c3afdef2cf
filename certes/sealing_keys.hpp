#pragma once
// Which keys seal the secrets in the registry: given, or made where that is safe. Who: the roles, at start. Main
// thread.

#include <string>

#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/crypto.hpp"

namespace certes {

struct SealingKeys {
  crypto::Sealer sealer;
  std::string made;  // the file, where it was made now; else empty
};

// From CERTES_SECRETS_KEY, else secrets.key_file, else DATA/secrets.key; made there if it is missing and `may_make`,
// unless a log stands there already, which was begun with a key that is lost then.
// Errors: invalid (no key, and how to make or restore one; or which one is none), unavailable (file).
Result<SealingKeys> open_sealer(const config::Settings& settings, bool may_make);

// The made file is taken away again: what it is for was sealed by another key, that is lost. The error that says so.
Error lost_key(const SealingKeys& keys, const std::string& where);

}  // namespace certes
