#pragma once
// Why a request is refused while it is framed: what the client is told, in one place. Who: framing. Pure.

#include "common/http/server/framing.hpp"

namespace certes::http {

constexpr Refusal malformed(std::string_view detail) { return {400, "malformed-request", "Malformed request", detail}; }

inline constexpr Refusal kBareLf = malformed("A line ends with LF alone; it must end with CRLF.");
inline constexpr Refusal kRequestLine = malformed("The request line is not 'METHOD target HTTP/1.1'.");
inline constexpr Refusal kTarget =
    malformed("The request target is not a path or an http URL with a host, or holds a character that is not allowed.");
inline constexpr Refusal kVersion{505, "version-not-supported", "HTTP version not supported", "Use HTTP/1.1."};
inline constexpr Refusal kFold = malformed("A header line begins with a space (obsolete line folding).");
inline constexpr Refusal kFieldName =
    malformed("A header has no colon, or a space or another character not allowed before it.");
inline constexpr Refusal kFieldValue = malformed("A header value holds a control character.");
inline constexpr Refusal kNoHost = malformed("The Host header is missing.");
inline constexpr Refusal kHost = malformed("The Host header is given twice, or is no host.");
inline constexpr Refusal kLength = malformed("Content-Length is not a plain number.");
inline constexpr Refusal kTwoLengths = malformed("Content-Length is given twice.");
inline constexpr Refusal kBothFramings = malformed("Content-Length and Transfer-Encoding are both given.");
inline constexpr Refusal kOldCoding = malformed("Transfer-Encoding is not part of HTTP/1.0.");
inline constexpr Refusal kTwoCodings = malformed("Transfer-Encoding is given twice.");
inline constexpr Refusal kChunk = malformed("The chunked body is malformed.");
inline constexpr Refusal kCoding{501, "transfer-coding", "Transfer coding not implemented",
                                 "The only transfer coding understood is 'chunked'."};
inline constexpr Refusal kExpectation{417, "expectation-failed", "Expectation failed",
                                      "The only expectation understood is '100-continue'."};
inline constexpr Refusal kPathLong{414,
                                   "path-too-long",
                                   "Path too long",
                                   "The path, without its query, is longer than this server takes",
                                   &FramingLimits::max_path_bytes,
                                   " bytes"};
inline constexpr Refusal kHeaderLarge{431,
                                      "header-too-large",
                                      "Header too large",
                                      "The request line and headers are larger than this server takes",
                                      &FramingLimits::max_header_bytes,
                                      " bytes"};
inline constexpr Refusal kHeaderCount{431, "header-too-large", "Too many headers",
                                      "There are more headers than this server takes", &FramingLimits::max_headers};
inline constexpr Refusal kBodyLarge{
    413,     "too-large", "Body too large", "The body is larger than this server takes", &FramingLimits::max_body_bytes,
    " bytes"};

inline constexpr Refusal kOverloaded{503, "overloaded", "Overloaded",
                                     "The server holds as much of unfinished requests as it takes, and this one has "
                                     "not moved for longest. Nothing of it was taken: send it again."};

}  // namespace certes::http
