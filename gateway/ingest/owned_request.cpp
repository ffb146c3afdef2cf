#include "gateway/ingest/owned_request.hpp"

namespace certes::gateway::ingest {
namespace {

// Every part of the request, in the same order each time.
template <class Do>
void each_part(http::Request& request, Do&& with) {
  for (std::string_view* part :
       {&request.method, &request.target, &request.path, &request.query, &request.peer, &request.body})
    with(*part);
  for (http::HeaderView& header : request.headers) {
    with(header.name);
    with(header.value);
  }
}

}  // namespace

OwnedRequest::OwnedRequest(const http::Request& request) : view_(request) {
  std::size_t size = 0;
  each_part(view_, [&](std::string_view part) { size += part.size(); });
  bytes_.reserve(size);
  each_part(view_, [&](std::string_view& part) {
    const std::size_t at = bytes_.size();
    bytes_.append(part);
    part = std::string_view(bytes_).substr(at, part.size());
  });
}

}  // namespace certes::gateway::ingest
