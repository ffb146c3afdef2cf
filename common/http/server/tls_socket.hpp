#pragma once
// A socket as OpenSSL reads and writes it: without SIGPIPE, which OpenSSL's own would raise. Who: TlsContext. The
// socket is not closed with it. One thread.

#include <openssl/bio.h>

namespace certes::http {

// Null when out of memory.
BIO* socket_bio(int fd);

}  // namespace certes::http
