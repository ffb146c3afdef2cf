#include "common/http/server/pages.hpp"

#include <pthread.h>

#include <thread>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/http/server/html.hpp"
#include "common/http/server/problem_pages.hpp"

namespace certes::http {

namespace {

constexpr std::size_t kMostScrapes = 64;  // that wait for one rendering; above: 503

// On the loop: must not block.
void add_page(Server& server, const char* path, std::function<Response()> page) {
  server.direct("GET", path, [page = std::move(page)](Loop&) -> DirectHandler {
    return [page](const Request&, Exchange exchange) { exchange.respond(page()); };
  });
}

// As plain text, or as a page for a browser.
Response show_problem(const Request& request) {
  const auto name = path_parameter(kPages[3].path, request.path, "problem");
  const ProblemType* type = name ? find_problem_type(*name) : nullptr;
  Response response = wants_html(request) ? problem_html(type) : problem_text(type);
  response.headers.emplace_back("Vary", "Accept");
  return response;
}

Response busy() {
  Response response = problem(503, "busy", "Busy", "Too many requests wait for the metrics. Try again.");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace

// Its thread begins with the first scrape. scrape: any loop's thread.
class Pages::Renderer {
 public:
  Renderer(metrics::Metrics& metrics, std::function<void()> measure)
      : metrics_(metrics), measure_(std::move(measure)) {}
  ~Renderer() { stop(); }
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  void scrape(Loop& loop, Exchange exchange) {
    const Lock lock(mutex_);
    if (waiting_.size() >= kMostScrapes || stopping_) return exchange.respond(busy());
    if (!thread_.joinable()) start();
    waiting_.push_back({&loop, std::make_shared<Exchange>(std::move(exchange))});
    changed_.notify_one();
  }

  void stop() {
    {
      const Lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Scrape {
    Loop* loop;
    std::shared_ptr<Exchange> exchange;
  };

  void start() {
    thread_ = std::thread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "metrics");
  }

  void run() {
    for (;;) {
      std::vector<Scrape> scrapes;
      {
        Lock lock(mutex_);
        changed_.wait(lock, [&]() CERTES_REQUIRES(mutex_) { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        scrapes.swap(waiting_);
      }
      const Response page = render();
      for (Scrape& scrape : scrapes)
        scrape.loop->post([exchange = std::move(scrape.exchange), page] { exchange->respond(Response(page)); });
    }
  }

  Response render() {
    if (measure_) measure_();
    Response response = text_answer(200, metrics_.text());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  }

  metrics::Metrics& metrics_;
  const std::function<void()> measure_;
  std::thread thread_;  // begun under the mutex
  Mutex mutex_;
  Condition changed_;
  std::vector<Scrape> waiting_ CERTES_GUARDED_BY(mutex_);
  bool stopping_ CERTES_GUARDED_BY(mutex_) = false;
};

Pages::Pages(Server& server, metrics::Metrics& metrics, PageOptions options) {
  server.expose(metrics);
  add_page(server, kPages[0].path, [] { return text_answer(200, "live\n"); });
  add_page(server, kPages[1].path, [not_ready = std::move(options.not_ready)] {
    const auto why = not_ready();
    return why ? text_answer(503, *why + "\n") : text_answer(200, "ready\n");
  });
  server.direct("GET", kPages[3].path, [](Loop&) -> DirectHandler {
    return [](const Request& request, Exchange exchange) { exchange.respond(show_problem(request)); };
  });
  if (!options.metrics) return;
  renderer_ = std::make_shared<Renderer>(metrics, std::move(options.measure));
  server.direct("GET", kPages[2].path,
                [renderer = renderer_.get(), guard = std::move(options.may_scrape)](Loop& loop) -> DirectHandler {
                  return [renderer, guard, &loop](const Request& request, Exchange exchange) {
                    if (auto refusal = guard ? guard(request) : std::nullopt)
                      return exchange.respond(std::move(*refusal));
                    renderer->scrape(loop, std::move(exchange));
                  };
                });
}

Pages::~Pages() = default;

Response text_answer(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

}  // namespace certes::http
