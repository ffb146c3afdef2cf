#pragma once
// Gateway: the ingest listener (9600), over a log and a registry that the caller made. Who: certes serve, certes
// gateway. It is bound once, with all its routes, before the log is reached: until open() every route but health and
// metrics answers 503 not-accepted. start, open and stop: from one thread.

#include <memory>
#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/http/server/server.hpp"
#include "common/questions/question.hpp"
#include "gateway/access/dependencies.hpp"

namespace certes::gateway {

class Gateway {
 public:
  explicit Gateway(const Frame& frame);
  explicit Gateway(const Dependencies& dependencies);  // opened already
  ~Gateway();
  Result<void> start();  // binds; conflict where the port is in use
  // From here on requests are served. Once; what is in it outlives this.
  void open(const Dependencies& dependencies);
  // Why it is not ready, if it is not. Any thread, does not block.
  std::optional<std::string> not_ready() const;
  // Whether it knows what was accepted before it started (log::Log::exact_deduplication: at once). It accepts all the
  // while; it is not ready before. Not before open(). Any thread.
  bool warm() const;
  // What it says when it is asked: of the requests that it has refused. Nothing: it knows no such question, or is asked
  // too much. Any thread, at any time; does not block.
  std::optional<questions::Answer> answer(const questions::Question& question);
  std::string address() const;
  http::Server& server();   // for its certificate
  void stop(Millis limit);  // stops accepting, waits for pending appends, answers them
 private:
  class Services;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes::gateway
