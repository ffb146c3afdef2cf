#include "certes/certificates.hpp"

#include "certes/logging.hpp"

namespace certes {

void Certificates::watch(const std::vector<Listener>& listeners) {
  listeners_.clear();
  for (const Listener& listener : listeners) {
    if (listener.server->certificate_expires_at() == 0) continue;
    listeners_.push_back(listener);
    tell(listener, false);
  }
}

void Certificates::look(bool everything) {
  for (const Listener& listener : listeners_)
    if (const auto read = listener.server->reload_certificate(everything); !read || *read) tell(listener, read);
}

void Certificates::tell(const Listener& listener, const Result<bool>& read) {
  const auto count = [&](const char* outcome) {
    metrics_
        .counter("certes_tls_reloads_total", "Certificates that were read again",
                 {{"listener", listener.name}, {"outcome", outcome}})
        .add();
  };
  if (!read) {
    count("failed");
    logging::warn("the certificate of " + listener.name + " stays as it was: " + read.error().message);
    return;
  }
  if (*read) {
    count("ok");
    logging::info("the certificate of " + listener.name + " was read again");
  }
  metrics_
      .gauge("certes_tls_certificate_expires_timestamp_seconds", "When the certificate in use expires",
             {{"listener", listener.name}})
      .set(static_cast<double>(listener.server->certificate_expires_at()));
}

}  // namespace certes
