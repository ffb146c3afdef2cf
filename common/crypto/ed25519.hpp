#pragma once
// Ed25519 (RFC 8032), verifying. Internal to crypto: what others use is StandardWebhooksPublic. Any thread.

#include <memory>
#include <string_view>

namespace certes::crypto {

// `bytes`: 32. Null if they are no key.
std::shared_ptr<void> ed25519_public_key(std::string_view bytes);
bool ed25519_verify(void* key, std::string_view signature, std::string_view text);

}  // namespace certes::crypto
