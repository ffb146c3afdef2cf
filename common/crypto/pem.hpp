#pragma once
// Certificates and keys as PEM, looked at before they are used. Who: the registry and the API (an endpoint's `tls`).
// Pure, any thread.

#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"

namespace certes::crypto {

// One certificate or more, one after the other, and each can be read. Error: invalid, what is wrong.
Result<void> check_certificates(std::string_view pem);
// A private key that is not encrypted and belongs to the first of the certificates, which were checked. Error: the
// same.
Result<void> check_key(std::string_view pem, std::string_view certificates);
// The first certificate's last moment. Error: invalid, it cannot be read.
Result<UnixMillis> valid_until(std::string_view certificates);

}  // namespace certes::crypto
