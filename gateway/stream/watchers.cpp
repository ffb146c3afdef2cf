#include "gateway/stream/watchers.hpp"

#include "gateway/stream/sse.hpp"

namespace certes::gateway::stream {
namespace {

http::Response problem(std::string_view slug, std::string_view title, std::string_view detail) {
  auto response = http::problem(503, slug, title, detail);
  response.headers.emplace_back("Retry-After", "2");
  return response;
}

http::Response head() {
  http::Response response;
  response.content_type = kContentType;
  response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  return response;
}

}  // namespace

Crowd::Crowd(metrics::Metrics& metrics, std::size_t most, std::size_t buffer_bytes)
    : places(most, metrics.gauge("certes_gateway_stream_watchers", "Clients of GET /stream"),
             metrics.counter("certes_gateway_stream_given_up_total",
                             "Watchers dropped so that another tenant's could begin")),
      shown(metrics.counter("certes_gateway_stream_shown_total", "Events and log lines written to watchers")),
      dropped(metrics.counter("certes_gateway_stream_dropped_total", "Watchers dropped because they did not read")),
      refused(metrics.counter("certes_gateway_stream_refused_total", "Watchers refused because there were too many")),
      buffer_bytes_(buffer_bytes) {}

Watchers::Watchers(http::Loop& loop, Tail& tail, Crowd& crowd) : loop_(loop), tail_(tail), crowd_(crowd) {
  // Sockets are written to when the round ends: what the tail hands over next comes after that.
  loop.at_round_end([this] {
    if (written_ == 0) return;
    behind -= std::exchange(written_, 0);
    tail_.wake();
  });
}

http::Response Watchers::too_many() {
  crowd_.refused.add();
  return problem("too-many-watchers", "Too many watchers",
                 "there are gateway.stream_watchers = " + std::to_string(crowd_.places.most()) +
                     " already, of all tenants: try again later, or elsewhere");
}

void Watchers::begin(http::Exchange exchange, std::string_view tenant, Interest interest, Positions from,
                     std::function<bool()> may_stay) {
  const WatcherId id = crowd_.next_id();
  Places::Place place = crowd_.places.enter(tenant, [this, id] { loop_.post([this, id] { give_way(id); }); });
  if (!place) return exchange.respond(too_many());
  Client& client = clients_[id];
  client.place = std::move(place);
  client.exchange.emplace(std::move(exchange));
  client.may_stay = std::move(may_stay);
  Watcher watcher;
  watcher.id = id;
  watcher.interest = std::move(interest);
  watcher.outlet = this;
  watcher.gauge = client.gauge;
  watcher.from = std::move(from);
  tail_.add(std::move(watcher));
}

void Watchers::hand(std::vector<Chunk>&& chunks) {
  loop_.post([this, held = std::make_shared<std::vector<Chunk>>(std::move(chunks))] { write(*held); });
}

void Watchers::write(const std::vector<Chunk>& chunks) {
  for (const Chunk& chunk : chunks) write(chunk);
  ++written_;
}

void Watchers::write(const Chunk& chunk) {
  const auto found = clients_.find(chunk.watcher);
  if (found == clients_.end()) return;
  Client& client = found->second;
  const std::shared_ptr<Gauge> gauge = client.gauge;
  gauge->unwritten.fetch_sub(chunk.size());
  if (chunk.what == Chunk::What::refused) {
    client.exchange->respond(problem("log-unavailable", "The log cannot be read", *chunk.text));
    return forget(chunk.watcher);
  }
  if (chunk.what == Chunk::What::begun) begun(chunk.watcher, client);
  if (!client.stream.open()) return forget(chunk.watcher);
  if (client.stream.buffered() > crowd_.buffer_bytes()) {
    crowd_.dropped.add();
    return notify_and_end(chunk.watcher, client, "dropped", "too much waited for you to read it: read faster");
  }
  if (chunk.what == Chunk::What::beat && !client.may_stay())
    return notify_and_end(chunk.watcher, client, "ended", "the key that began this may not watch any more");
  if (chunk.what == Chunk::What::shown) crowd_.shown.add();
  scratch_.clear();
  if (chunk.id) scratch_.append(*chunk.id);
  scratch_.append(chunk.text ? std::string_view(*chunk.text) : "\n");
  client.stream.write(scratch_);
  gauge->buffered = client.stream.buffered();
}

void Watchers::begun(WatcherId id, Client& client) {
  client.stream = client.exchange->stream(head());
  client.exchange.reset();
  if (!client.stream.open()) return;
  client.stream.on_closed([this, id] { forget(id); });
  client.stream.on_drained([this, gauge = client.gauge] {
    gauge->buffered = 0;
    if (gauge->catching_up) tail_.wake();
  });
}

void Watchers::give_way(WatcherId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if (!client.exchange)
    return notify_and_end(id, client, "dropped", "another tenant needs one of the places, which are all taken");
  client.exchange->respond(too_many());
  forget(id);
}

void Watchers::notify_and_end(WatcherId id, Client& client, std::string_view name, std::string_view why) {
  scratch_.clear();
  append_event(scratch_, name, std::string(R"({"detail":")").append(why).append("\"}"));
  client.stream.write(scratch_);
  forget(id);
}

// Letting go of the stream closes it; what it holds is still sent.
void Watchers::forget(WatcherId id) {
  if (clients_.erase(id) != 0) tail_.remove(id);
}

}  // namespace certes::gateway::stream
