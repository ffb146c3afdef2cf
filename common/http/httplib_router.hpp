#pragma once
// HttplibRouter: cpp-httplib as parser and router for whole requests in memory; its own sockets and threads are not
// used. The only file that knows cpp-httplib (0.11 to 0.18). Who: the workers. run: any thread, once built.

#include <memory>

#include "common/http/routes.hpp"
#include "common/http/server.hpp"

namespace certes::http {

class HttplibRouter {
 public:
  explicit HttplibRouter(const RouteTable& routes);  // its pooled routes
  ~HttplibRouter();
  // A handler that throws answers 500, without its text.
  Response run(const Request& request);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes::http
