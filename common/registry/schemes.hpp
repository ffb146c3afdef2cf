#pragma once
// The table of schemes by which a source's webhooks are verified: which members of `verify` each needs and takes, what
// its secrets look like, how old a signature may be. Who: the registry (checks declarations), the API (asks whether
// there must be a secret), ingest (tolerance). docs/sources.md tells users. Constant, any thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

enum class SecretForm : std::uint8_t {
  none,               // the scheme has no secret
  text,               // any bytes but none, without space around them; used as they are
  standard_webhooks,  // whsec_ and base64 of 24-64 bytes, or whpk_ and base64 of 32
  gitlab,             // a token, or whsec_ as above
  name_and_password,  // NAME:PASSWORD
};

struct Scheme {
  std::string_view name;
  SecretForm secret;
  std::string_view needs;              // members of `verify`, separated by a space
  std::string_view takes;              // besides those
  std::int64_t tolerance_seconds = 0;  // where the source names none; 0: it signs no time, and takes no tolerance
  bool can_sign_anew = false;          // that time and its signature stand in headers that are the provider's alone

  bool needs_member(std::string_view member) const;
  bool takes_member(std::string_view member) const;  // needs or takes
};

std::span<const Scheme> all_schemes();
const Scheme* find_scheme(std::string_view name);
// "none, key, …"
std::string scheme_names();

// White space in front of a secret, or behind it, has come along when it was copied, and verifies nothing.
bool has_space_around(std::string_view secret);
inline constexpr std::string_view kSpaceAround = "begins or ends with white space, which is no part of it";
// Whether a secret (in the clear) has the form that the scheme asks for. Error: invalid, says what it should be.
Result<void> check_secret(const Scheme& scheme, std::string_view secret);
// The source's, or the scheme's.
std::int64_t tolerance_of(const Verify& verify);

// The parts of `signed`: text, and places in braces. The same reading for the check and for verifying.
struct SignedPart {
  enum class From : std::uint8_t { text, body, url, path, query, method, timestamp, header } from;
  std::string text;  // of text; the name of a header
};
inline constexpr std::size_t kMaxSignedParts = 16;
// Error: invalid, says which place is none.
Result<std::vector<SignedPart>> parse_signed(std::string_view text);

}  // namespace certes::registry
