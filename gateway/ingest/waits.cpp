#include "gateway/ingest/waits.hpp"

#include "gateway/ingest/preference.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr std::string_view kEnded = "Requests that waited for their event, by what became of it";

metrics::Counter ended(metrics::Metrics& metrics, const char* status) {
  return metrics.counter("certes_gateway_waits_total", kEnded, {{"status", status}});
}

}  // namespace

WaitingRoom::WaitingRoom(metrics::Metrics& metrics, std::size_t most)
    : places_(most, metrics.gauge("certes_gateway_waiters", "Requests that wait for what becomes of their event"),
              metrics.counter("certes_gateway_waits_given_up_total",
                              "Requests that waited no longer, so that another tenant's could")),
      refused_(metrics.counter("certes_gateway_waits_refused_total",
                               "Requests that would have waited, but for gateway.max_waiters")),
      delivered_(ended(metrics, "delivered")),
      failed_(ended(metrics, "failed")),
      unmatched_(ended(metrics, "unmatched")),
      accepted_(ended(metrics, "accepted")) {}

Places::Place WaitingRoom::enter(std::string_view tenant, Places::Told told) {
  Places::Place place = places_.enter(tenant, std::move(told));
  if (!place) refused_.add();
  return place;
}

void WaitingRoom::count(std::string_view status) {
  if (status == "delivered") return delivered_.add();
  if (status == "failed") return failed_.add();
  if (status == "unmatched") return unmatched_.add();
  accepted_.add();
}

void Waits::accept(Acceptor& acceptor, const http::Request& request, Offer&& offer, http::Exchange exchange) {
  const auto limit = offer.batch ? std::nullopt : preferred_wait(request);
  const stream::WaiterId id = room_.next_id();
  Places::Place place =
      limit ? room_.enter(offer.events.front().tenant, [this, id] { loop_.post([this, id] { give_way(id); }); })
            : nullptr;
  if (!place)
    return acceptor.accept(std::move(offer.events), offer.batch, std::move(offer.reply), offer.source,
                           std::move(exchange), std::move(offer.aim), std::move(offer.claim));
  struct Later {
    Offer offer;
    http::Exchange exchange;
  };
  const auto later = std::make_shared<Later>(Later{std::move(offer), std::move(exchange)});
  begin(id, *limit, std::move(place), later->offer.events.front().id, [&acceptor, later](Acceptor::Then then) {
    Offer& held = later->offer;
    held.events.front().wait = then != nullptr;
    held.aim.then = std::move(then);
    acceptor.accept(std::move(held.events), false, std::move(held.reply), held.source, std::move(later->exchange),
                    std::move(held.aim), std::move(held.claim));
  });
}

void Waits::begin(stream::WaiterId id, std::chrono::seconds limit, Places::Place place, const std::string& event_id,
                  Append append) {
  Held& held = held_[id];
  held.place = std::move(place);
  held.preference = "wait=" + std::to_string(limit.count());
  held.until = loop_.now() + limit;
  held.append = std::move(append);
  stream::Waiter waiter;
  waiter.id = id;
  waiter.event_id = event_id;
  waiter.until = clock_.unix_millis() + std::chrono::duration_cast<Millis>(limit).count();
  waiter.ready = [this, id](bool watched) { loop_.post([this, id, watched] { ready(id, watched); }); };
  waiter.tell = [this](stream::Verdict&& verdict) { loop_.post([this, told = std::move(verdict)] { settle(told); }); };
  tail_.expect(std::move(waiter));
}

void Waits::ready(stream::WaiterId id, bool watched) {
  const auto found = held_.find(id);
  if (found == held_.end()) return;
  const Append append = std::move(found->second.append);
  if (!watched) {
    held_.erase(found);
    return append(nullptr);
  }
  append([this, id](http::Exchange exchange, http::Response&& response, std::int32_t partition) {
    durable(id, std::move(exchange), std::move(response), partition);
  });
}

// Not stored, stored before, or nobody knows: there is nothing to wait for.
void Waits::durable(stream::WaiterId id, http::Exchange exchange, http::Response&& response, std::int32_t partition) {
  const auto found = held_.find(id);
  if (partition == log::kAnyPartition || found == held_.end()) {
    tail_.forget(id);
    held_.erase(id);
    return exchange.respond(std::move(response));
  }
  Held& held = found->second;
  held.exchange.emplace(std::move(exchange));
  held.response = std::move(response);
  const auto left = std::chrono::ceil<Millis>(held.until - loop_.now());
  held.timer = loop_.after(std::max(Millis{0}, left), [this, id] { tail_.give_up(id); });
  tail_.accepted(id, partition);
}

// As if its time were over.
void Waits::give_way(stream::WaiterId id) {
  const auto found = held_.find(id);
  if (found == held_.end()) return;
  found->second.until = loop_.now();
  if (found->second.exchange) tail_.give_up(id);
}

void Waits::settle(const stream::Verdict& verdict) {
  const auto found = held_.find(verdict.waiter);
  if (found == held_.end() || !found->second.exchange) return;
  Held held = std::move(found->second);
  held_.erase(found);
  held.place.reset();
  loop_.cancel(held.timer);
  room_.count(verdict.status);
  http::Response response = std::move(held.response);
  // What a source answers of its own stays, unless there is more to say.
  if (verdict.over || (!verdict.json.empty() && response.status == 202)) {
    response.status = verdict.over ? 200 : 202;
    response.content_type = "application/json";
    response.body = verdict.json;
  }
  response.headers.emplace_back("Preference-Applied", held.preference);
  held.exchange->respond(std::move(response));
}

}  // namespace certes::gateway::ingest
