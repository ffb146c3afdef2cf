#pragma once
// OwnedRequest: a request that outlives its connection's buffer: a copy in one piece, and the views into it. Who:
// Intake, for what HeavyWork is given. Immutable; any thread.

#include <cstddef>
#include <string>

#include "common/http/server/server.hpp"

namespace certes::gateway::ingest {

class OwnedRequest {
 public:
  explicit OwnedRequest(const http::Request& request);
  OwnedRequest(const OwnedRequest&) = delete;
  OwnedRequest& operator=(const OwnedRequest&) = delete;

  const http::Request& view() const { return view_; }
  std::size_t bytes() const { return bytes_.size() + view_.headers.size() * sizeof(http::HeaderView); }

 private:
  std::string bytes_;
  http::Request view_;
};

}  // namespace certes::gateway::ingest
