#include "common/traces/tracer.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "common/traces/otlp.hpp"

namespace certes::traces {
namespace {

metrics::Counter spans_counter(metrics::Metrics& metrics, const char* outcome) {
  return metrics.counter("certes_traces_spans_total",
                         "Spans: sent to the collector, dropped for want of room, refused by it.",
                         {{"outcome", outcome}});
}

// What the collector will not take the next time either.
bool is_refusal(int status) { return status >= 400 && status < 500 && status != 408 && status != 429; }

}  // namespace

Tracer::Tracer(Options options, Post post, const Clock& clock, metrics::Metrics& metrics)
    : options_(std::move(options)),
      post_(std::move(post)),
      clock_(clock),
      distance_(distance_now()),
      sent_(spans_counter(metrics, "sent")),
      dropped_(spans_counter(metrics, "dropped")),
      refused_(spans_counter(metrics, "refused")),
      waiting_(metrics.gauge("certes_traces_spans_waiting", "Spans that wait for the collector.")),
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "traces");
}

Tracer::~Tracer() {
  {
    const Lock lock(mutex_);
    stop_ = true;
  }
  came_.notify_all();
  thread_.join();
}

// The wall clock tells milliseconds only: its distance is followed where it has been set, and not from call to call.
std::int64_t Tracer::unix_ns(SteadyTime at) const {
  constexpr std::int64_t kSet = 50'000'000;
  const std::int64_t distance = distance_now();
  std::int64_t known = distance_.load(std::memory_order_relaxed);
  if (distance - known > kSet || known - distance > kSet) distance_.store(known = distance, std::memory_order_relaxed);
  return known + std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

std::int64_t Tracer::distance_now() const {
  const auto steady = std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.now().time_since_epoch()).count();
  return clock_.unix_millis() * 1'000'000 - steady;
}

void Tracer::record(Span&& span) {
  bool first = false;
  {
    const Lock lock(mutex_);
    if (spans_.size() >= options_.queue_spans) return dropped_.add();
    first = spans_.empty();
    spans_.push_back(std::move(span));
    waiting_.set(static_cast<double>(spans_.size()));
  }
  if (first) came_.notify_all();
}

void Tracer::run() {
  Millis next_pause = options_.first_pause;
  for (;;) {
    const bool last = stop_;
    const std::vector<Span> spans = take();
    if (spans.empty() && last) return;
    bool done = spans.empty() || send(spans);
    while (!done && !stop_) {
      pause(next_pause);
      next_pause = std::min(2 * next_pause, kLongestPause);
      done = !stop_ && send(spans);
    }
    if (!done) return dropped_.add(static_cast<double>(spans.size()));
    if (!spans.empty()) next_pause = options_.first_pause;
    if (!stop_) pause(options_.gather);
  }
}

// Waits for some.
std::vector<Span> Tracer::take() {
  Lock lock(mutex_);
  while (spans_.empty() && !stop_)
    came_.wait_for(lock, Millis{1'000}, [this]() CERTES_REQUIRES(mutex_) { return !spans_.empty() || stop_.load(); });
  const auto count = static_cast<std::ptrdiff_t>(std::min(spans_.size(), kMostSent));
  std::vector<Span> taken(std::make_move_iterator(spans_.begin()), std::make_move_iterator(spans_.begin() + count));
  spans_.erase(spans_.begin(), spans_.begin() + count);
  waiting_.set(static_cast<double>(spans_.size()));
  return taken;
}

// False: they are to be sent again.
bool Tracer::send(const std::vector<Span>& spans) {
  const auto status = post_(otlp_json(options_.resource, spans), stop_);
  if (status && *status >= 200 && *status < 300) {
    sent_.add(static_cast<double>(spans.size()));
    return true;
  }
  tell(status ? "it answers " + std::to_string(*status) : status.error().message);
  if (!status || !is_refusal(*status)) return false;
  refused_.add(static_cast<double>(spans.size()));
  return true;
}

void Tracer::pause(Millis time) {
  const SteadyTime until = std::chrono::steady_clock::now() + time;
  Lock lock(mutex_);
  while (!stop_ && std::chrono::steady_clock::now() < until)
    came_.wait_for(lock, std::chrono::ceil<Millis>(until - std::chrono::steady_clock::now()),
                   [this] { return stop_.load(); });
}

void Tracer::tell(const std::string& why) {
  if (const auto times = told_.due({}, clock_.now()))
    spdlog::warn("traces: the collector does not take spans, {} times since the last such line, now as {}", *times,
                 why);
}

}  // namespace certes::traces
