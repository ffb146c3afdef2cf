#pragma once
// Api: the listener of the Master API (9610): resources, dead letters, audit, jobs and who goes on with them. Who:
// certes serve, certes gateway, certes api. Bound and opened as Gateway is. start, open and stop: from one thread.

#include <memory>
#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/http/server/server.hpp"
#include "gateway/access/dependencies.hpp"

namespace certes::api {

class Api {
 public:
  explicit Api(const gateway::Frame& frame);
  explicit Api(const gateway::Dependencies& dependencies);
  ~Api();
  Result<void> start();
  void open(const gateway::Dependencies& dependencies);
  std::optional<std::string> not_ready() const;
  std::string address() const;
  http::Server& server();
  void stop(Millis limit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes::api
