#pragma once
// The pages that every listener has: /health/live, /health/ready, /metrics with its counters among them, and
// /problems/NAME, what its problem details mean. The metrics are rendered on a thread of their own, one rendering at a
// time, shared by all who asked before it began; so neither a loop nor the workers, which may all wait for the log, are
// held up. Who: gateway, Master API, dispatcher, relay, the listener of metrics.listen; made before the server starts.

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::http {

enum class Page : std::uint8_t { live, ready, metrics, problem };

struct PagePath {
  Page page;
  const char* path;
};
inline constexpr std::array<PagePath, 4> kPages = {{{Page::live, "/health/live"},
                                                    {Page::ready, "/health/ready"},
                                                    {Page::metrics, "/metrics"},
                                                    {Page::problem, "/problems/{problem}"}}};

// Refuses a request on the loop's thread, without blocking; nothing: it is let in.
using Guard = std::function<std::optional<Response>(const Request&)>;

struct PageOptions {
  std::function<std::optional<std::string>()> not_ready;  // why it is not; on the loop's thread, must not block
  Guard may_scrape = {};                                  // who may see the metrics; empty: everybody
  std::function<void()> measure = {};                     // before the metrics are written; may block
  bool metrics = true;                                    // false: another listener has them
};

// Adds its routes to the server. It must go before the server does, and after its stop(); `metrics` outlives it.
class Pages {
 public:
  Pages(Server& server, metrics::Metrics& metrics, PageOptions options);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

 private:
  class Renderer;
  std::shared_ptr<Renderer> renderer_;
};

// A plain text answer.
Response text_answer(int status, std::string body);

}  // namespace certes::http
