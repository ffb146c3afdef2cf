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

// The registry of metrics outlives whoever is charged, but may be asked when the crowd is gone.
std::shared_ptr<Unread> shown_by(metrics::Metrics& metrics, std::shared_ptr<Unread> unread) {
  auto bytes = metrics.gauge("certes_gateway_stream_unread_bytes", "Memory of what watchers have not taken yet");
  metrics.on_scrape([unread, bytes]() mutable { bytes.set(static_cast<double>(unread->held())); });
  return unread;
}

}  // namespace

Crowd::Crowd(metrics::Metrics& metrics, std::size_t most, std::size_t buffer_bytes, std::size_t buffers_bytes)
    : places(most, metrics.gauge("certes_gateway_stream_watchers", "Clients of GET /stream"),
             metrics.counter("certes_gateway_stream_given_up_total",
                             "Watchers dropped so that another tenant's could begin")),
      unread(shown_by(metrics, std::make_shared<Unread>(buffers_bytes))),
      shown(metrics.counter("certes_gateway_stream_shown_total", "Events and log lines handed to watchers")),
      dropped(metrics.counter("certes_gateway_stream_dropped_total", "Watchers dropped because they did not read")),
      crowded_out(metrics.counter("certes_gateway_stream_crowded_out_total",
                                  "Watchers dropped because too much waited for all of them together")),
      refused(metrics.counter("certes_gateway_stream_refused_total", "Watchers refused because there were too many")),
      buffer_bytes_(buffer_bytes) {}

Watchers::Watchers(http::Loop& loop, Tail& tail, Crowd& crowd) : loop_(loop), tail_(tail), crowd_(crowd) {
  loop.at_round_end([this] { round(); });
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
  Client& client = clients_.try_emplace(id, std::move(place), crowd_.unread->charge(interest.tenant)).first->second;
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
  loop_.post([this, held = std::make_shared<std::vector<Chunk>>(std::move(chunks))] { take(*held); });
}

void Watchers::take(const std::vector<Chunk>& chunks) {
  for (const Chunk& chunk : chunks) take(chunk);
  ++taken_;
}

void Watchers::take(const Chunk& chunk) {
  const auto found = clients_.find(chunk.watcher);
  if (found == clients_.end()) return;
  Client& client = found->second;
  client.gauge->unwritten.fetch_sub(chunk.size());
  if (chunk.what == Chunk::What::refused) {
    client.exchange->respond(problem("log-unavailable", "The log cannot be read", *chunk.text));
    return forget(chunk.watcher);
  }
  if (chunk.what == Chunk::What::begun) begun(chunk.watcher, client);
  if (!client.stream.open()) return forget(chunk.watcher);
  if (chunk.what == Chunk::What::crowded) return crowd_out(chunk.watcher, client);
  if (client.leaving) return;
  if (client.waiting() > crowd_.buffer_bytes()) {
    crowd_.dropped.add();
    return notify_and_end(chunk.watcher, client, "dropped", "too much waited for you to read it: read faster");
  }
  if (chunk.what == Chunk::What::beat && !client.may_stay())
    return notify_and_end(chunk.watcher, client, "ended", "the key that began this may not watch any more");
  if (chunk.what == Chunk::What::shown) crowd_.shown.add();
  client.backlog.push(chunk.id, chunk.text);
  queue(chunk.watcher, client);
  weigh(client);
}

// The tail waits for whoever may still take something: not for one whose socket is full.
void Watchers::queue(WatcherId id, Client& client) {
  if (client.turn == Turn::none) {
    if (client.stream.buffered() > 0) return;
    client.turn = Turn::queued;
    queued_.push_back(id);
  }
  if (std::exchange(client.owed, true)) return;
  ++owed_;
}

// Before the sockets are written to, which is the end of the loop's round: what was written in the last one has been
// taken, or not.
void Watchers::round() {
  settle_tried();
  write_slices();
  if (!queued_.empty() || !tried_.empty()) loop_.after(Millis(0), [] {});  // the next round comes at once
  if (owed_ > 0 || taken_ == 0) return;
  behind -= std::exchange(taken_, 0);
  tail_.wake();
}

void Watchers::settle_tried() {
  for (const WatcherId id : tried_) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) continue;
    Client& client = found->second;
    client.turn = Turn::none;
    const bool takes_more = client.stream.buffered() == 0 && !client.backlog.empty();
    if (!takes_more) {
      forgive(client);
      continue;
    }
    client.turn = Turn::queued;
    queued_.push_back(id);
  }
  tried_.clear();
}

void Watchers::write_slices() {
  for (std::size_t left = kSlicesOfRound; left > 0 && !queued_.empty(); --left) {
    const WatcherId id = queued_.front();
    queued_.pop_front();
    if (const auto found = clients_.find(id); found != clients_.end()) write_slice(id, found->second);
  }
}

void Watchers::write_slice(WatcherId id, Client& client) {
  if (!client.stream.open()) return forget(id);
  scratch_.clear();
  client.backlog.take(scratch_, kSlice);
  client.stream.write(scratch_);
  if (client.leaving && client.backlog.empty()) return forget(id);
  client.turn = Turn::tried;
  tried_.push_back(id);
  weigh(client);
}

void Watchers::weigh(Client& client) {
  client.charge.set(client.stream.buffered() + client.backlog.own_bytes());
  client.gauge->buffered = client.waiting();
}

// The tail does not wait for it any more.
void Watchers::forgive(Client& client) {
  if (std::exchange(client.owed, false)) --owed_;
}

void Watchers::begun(WatcherId id, Client& client) {
  client.stream = client.exchange->stream(head());
  client.exchange.reset();
  if (!client.stream.open()) return;
  client.stream.on_closed([this, id] { forget(id); });
  client.stream.on_drained([this, id] { drained(id); });
}

// One whose turn it was is settled with the round; one whose socket was full takes its turn again.
void Watchers::drained(WatcherId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  weigh(client);
  if (client.turn == Turn::none && !client.backlog.empty()) {
    client.turn = Turn::queued;
    queued_.push_back(id);
  }
  if (client.backlog.empty() && client.gauge->catching_up) tail_.wake();
}

void Watchers::give_way(WatcherId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if (client.leaving) return;
  if (!client.exchange)
    return notify_and_end(id, client, "dropped", "another tenant needs one of the places, which are all taken");
  client.exchange->respond(too_many());
  forget(id);
}

// What it has got in part is sent to its end before the notice.
void Watchers::notify_and_end(WatcherId id, Client& client, std::string_view name, std::string_view why) {
  std::string notice;
  append_event(notice, name, std::string(R"({"detail":")").append(why).append("\"}"));
  client.leaving = true;
  client.backlog.drop_unbegun();
  client.backlog.push(nullptr, std::make_shared<const std::string>(std::move(notice)));
  queue(id, client);
  weigh(client);
}

// It holds nothing any more. In the middle of much nothing can be said: a client drops what has no end, and comes again
// with the last id.
void Watchers::crowd_out(WatcherId id, Client& client) {
  crowd_.crowded_out.add();
  if (!client.leaving) notify_and_end(id, client, "dropped", "too much waited for all who watch, and most for you");
  if (client.backlog.bytes() <= kSlice) {
    scratch_.clear();
    client.backlog.take(scratch_, kSlice);
    client.stream.write(scratch_);
  }
  forget(id);
}

// Letting go of the stream closes it; what it holds is still sent.
void Watchers::forget(WatcherId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  forgive(found->second);
  clients_.erase(found);
  tail_.remove(id);
}

}  // namespace certes::gateway::stream
