#pragma once
// A source made ready, and requests to it, without a server.

#include <doctest/doctest.h>

#include "gateway/webhook/prepared_source.hpp"

namespace certes::gateway::ingest::testing {

inline const crypto::Sealer& sealer() {
  static const auto made = crypto::Sealer::make({crypto::Sealer::new_key()});
  return *made;
}

inline registry::Source source_of(const std::string& scheme, const std::vector<std::string>& secrets = {}) {
  registry::Source source;
  source.id = "shop";
  source.verify.scheme = scheme;
  for (const auto& secret : secrets) source.verify.secrets.push_back(sealer().seal(secret, "default/sources/shop"));
  return source;
}

inline Result<PreparedSource> prepare(const registry::Source& source) {
  static const Clients clients = [] {
    config::Settings settings;
    settings.gateway.trusted_proxies = {"10.0.0.0/8"};
    return Clients(settings);
  }();
  return PreparedSource::make(std::make_shared<const registry::Source>(source), sealer(), clients, 1u << 20);
}

// With a document of its own.
inline Result<void> verified(const PreparedSource& source, const http::Request& request, UnixMillis now) {
  event::JsonDocument document;
  return source.verify(request, now, document);
}

// Views of literals, or of what outlives it.
struct Webhook {
  std::vector<http::HeaderView> headers;
  std::string_view body;
  std::string_view query = {};
  std::string_view peer = {};
  http::Request request() const {
    http::Request request;
    request.method = "POST";
    request.path = "/events/shop";
    request.query = query;
    request.peer = peer;
    request.headers = headers;
    request.body = body;
    return request;
  }
};

}  // namespace certes::gateway::ingest::testing
