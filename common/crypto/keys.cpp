#include "common/crypto/crypto.hpp"

namespace certes::crypto {

std::string new_api_key() { return "certes_" + base64url_encode(random_bytes(32)); }

std::string hash_api_key(std::string_view key) { return hex_encode(sha256(key)); }

}  // namespace certes::crypto
