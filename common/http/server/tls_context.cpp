// Certificates: read, checked as a whole, read again.

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "common/http/server/tls.hpp"
#include "common/http/server/tls_socket.hpp"

namespace certes::http {

namespace {

constexpr unsigned char kProtocol[] = "\x08http/1.1";

std::string reason() {
  const unsigned long code = ::ERR_get_error();
  const char* text = ERR_SYSTEM_ERROR(code) ? std::strerror(ERR_GET_REASON(code)) : ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return text ? text : "not readable";
}

tl::unexpected<Error> bad(const TlsFiles& files, const char* which, const std::string& file, const std::string& why) {
  return fail(Code::invalid, files.setting + which + ": " + file + ": " + why, files.setting + which);
}

// A key that is encrypted is an error: nobody is there to be asked.
int no_password(char*, int, int, void*) { return 0; }

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned int size, void*) {
  unsigned char* chosen = nullptr;
  const int found = ::SSL_select_next_proto(&chosen, out_size, kProtocol, sizeof kProtocol - 1, offered, size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_fixed_options(SSL_CTX* context) {
  ::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  ::SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");  // of TLS 1.2; those of 1.3 are all good
  // A request says its own length, so a connection cut short cannot pass for a whole one.
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  ::SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  ::SSL_CTX_set_read_ahead(context, 1);
  ::SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  ::SSL_CTX_set_default_passwd_cb(context, no_password);
  constexpr unsigned char id[] = "certes";  // without it, clients with certificates could not resume
  ::SSL_CTX_set_session_id_context(context, id, sizeof id - 1);
}

std::int64_t seconds_of(const ASN1_TIME* time) {
  std::tm parts{};
  return time && ::ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
  ::ERR_clear_error();
  SSL_CTX* const context = ::SSL_CTX_new(::TLS_server_method());
  if (!context) return fail(Code::internal, "TLS: " + reason());
  const auto made = std::make_shared<TlsContext>(context);
  set_fixed_options(context);
  if (auto used = made->use(files); !used) return fail(std::move(used.error()));
  if (auto used = made->use_client_authorities(files); !used) return fail(std::move(used.error()));
  return made;
}

TlsContext::~TlsContext() { ::SSL_CTX_free(context_); }

Result<void> TlsContext::use(const TlsFiles& files) {
  if (::SSL_CTX_use_certificate_chain_file(context_, files.cert_file.c_str()) != 1)
    return bad(files, "tls_cert_file", files.cert_file, reason());
  if (::SSL_CTX_use_PrivateKey_file(context_, files.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad(files, "tls_key_file", files.key_file, reason());
  if (::SSL_CTX_check_private_key(context_) != 1)
    return bad(files, "tls_key_file", files.key_file, "it is not the key of " + files.cert_file);
  expires_at_ = seconds_of(::X509_get0_notAfter(::SSL_CTX_get0_certificate(context_)));
  return {};
}

Result<void> TlsContext::use_client_authorities(const TlsFiles& files) {
  if (files.client_ca_file.empty()) return {};
  STACK_OF(X509_NAME)* names = ::SSL_load_client_CA_file(files.client_ca_file.c_str());
  if (!names || ::SSL_CTX_load_verify_locations(context_, files.client_ca_file.c_str(), nullptr) != 1) {
    sk_X509_NAME_pop_free(names, ::X509_NAME_free);
    return bad(files, "tls_client_ca_file", files.client_ca_file, reason());
  }
  ::SSL_CTX_set_client_CA_list(context_, names);
  ::SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

std::unique_ptr<TlsSession> TlsContext::session(int fd) const {
  SSL* const ssl = ::SSL_new(context_);
  if (!ssl) return nullptr;
  auto session = std::make_unique<TlsSession>(ssl);
  BIO* const socket = socket_bio(fd);
  if (!socket) return nullptr;
  ::SSL_set_bio(ssl, socket, socket);
  ::SSL_set_accept_state(ssl);
  return session;
}

// What tells one state of the files from another.
std::string TlsKeeper::stamp() const {
  std::string text;
  for (const std::string& file : {files_.cert_file, files_.key_file, files_.client_ca_file}) {
    struct stat now {};
    if (file.empty() || ::stat(file.c_str(), &now) != 0) now = {};
    text += std::to_string(now.st_ino) + " " + std::to_string(now.st_size) + " " + std::to_string(now.st_mtim.tv_sec) +
            "." + std::to_string(now.st_mtim.tv_nsec) + "\n";
  }
  return text;
}

Result<void> TlsKeeper::load() {
  if (!enabled()) return {};
  std::string seen = stamp();  // before they are read: what changes meanwhile is read again
  auto made = TlsContext::load(files_);
  if (!made) return fail(std::move(made.error()));
  const Lock lock(mutex_);
  current_ = std::move(*made);
  stamp_ = std::move(seen);
  return {};
}

Result<bool> TlsKeeper::reload(bool force) {
  if (!enabled()) return false;
  std::string seen = stamp();
  {
    const Lock lock(mutex_);
    if (seen == stamp_ && !force) return false;
  }
  auto made = TlsContext::load(files_);
  const Lock lock(mutex_);
  if (made) {
    current_ = std::move(*made);
    stamp_ = std::move(seen);
    failed_stamp_.clear();
    return true;
  }
  if (seen == failed_stamp_ && !force) return false;  // said already
  failed_stamp_ = std::move(seen);
  return fail(std::move(made.error()));
}

std::shared_ptr<const TlsContext> TlsKeeper::current() const {
  const Lock lock(mutex_);
  return current_;
}

}  // namespace certes::http
