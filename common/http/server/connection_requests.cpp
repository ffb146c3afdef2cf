// A framed request on its way to its handler: on the loop's thread, or on a worker's with bytes of its own.

#include <algorithm>
#include <cstring>

#include "common/http/characters.hpp"
#include "common/http/server/connection.hpp"
#include "common/http/server/server_loop.hpp"

namespace certes::http {

namespace {

// A request that no route takes is waited for up to this size, as the connection can be kept then.
constexpr std::size_t kSmallUnrouted = 16u << 10;

// RFC 9112, 3.2.2: the authority of a target in absolute form goes before Host, so handlers see no other.
void set_host(Request& request, std::string_view authority) {
  for (HeaderView& header : request.headers)
    if (same_token(header.name, "host")) {
      header.value = authority;
      return;
    }
  request.headers.push_back({"Host", authority});
}

void fill(Request& request, const Framing& framing, const char* data, std::string_view peer) {
  const auto part = [&](std::size_t at, std::size_t size) { return std::string_view(data + at, size); };
  request.method = part(framing.method().at, framing.method().size);
  request.target = part(framing.target().at, framing.target().size);
  const std::string_view target = origin_form(request.target);
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  request.query = target.substr(std::min(mark + 1, target.size()));
  request.headers.clear();
  for (const Framing::Field& f : framing.fields())
    request.headers.push_back({part(f.name, f.name_size), part(f.value, f.value_size)});
  if (const auto authority = framing.authority(); authority.size > 0)
    set_host(request, part(authority.at, authority.size));
  request.body = part(framing.body_at(), framing.body_bytes());
  request.peer = peer;
}

// The same request on bytes of its own.
std::unique_ptr<PooledJob> own_copy(const Request& request, const char* data, std::size_t size) {
  auto job = std::make_unique<PooledJob>();
  job->bytes = std::make_unique_for_overwrite<char[]>(size);
  std::memcpy(job->bytes.get(), data, size);
  job->peer = request.peer;
  const auto moved = [&](std::string_view view) {
    const bool inside = view.data() >= data && view.data() <= data + size;
    return inside ? std::string_view(job->bytes.get() + (view.data() - data), view.size()) : view;
  };
  job->request.method = moved(request.method);
  job->request.target = moved(request.target);
  job->request.path = moved(request.path);
  job->request.query = moved(request.query);
  job->request.body = moved(request.body);
  job->request.peer = job->peer;
  for (const HeaderView& h : request.headers) job->request.headers.push_back({moved(h.name), moved(h.value)});
  return job;
}

Response not_completed() { return problem(500, "internal", "Internal error", "The request could not be completed."); }

Response unrouted(const RouteTable::Match& match) {
  if (match.allow.empty()) return problem(404, "not-found", "Not found", "There is nothing at this path.");
  Response response = problem(405, "method-not-allowed", "Method not allowed", "This path takes " + match.allow + ".");
  response.headers.emplace_back("Allow", match.allow);
  return response;
}

}  // namespace

void Connection::begin(const Request& request) {
  keep_alive_ = framing_.keep_alive();
  version_1_0_ = framing_.version_1_0();
  head_ = request.method == "HEAD";
  received_ = loop_.now();
  phase_ = Phase::answering;
  set_timer(Timer::none, Millis(0));
}

void Connection::dispatch(const char* data) {
  loop_.counters().requests.add();
  Request& request = loop_.request();
  fill(request, framing_, data, peer_);
  begin(request);
  const RouteTable::Match match = loop_.shared().routes.find(request.method, request.path);
  route_ = match.route;
  if (match.route) return call(*match.route, request, data);
  respond(unrouted(match));
}

// The header is there, the body is not. True: the header was enough to answer, and what was to come is not read.
bool Connection::refused_by_head(const char* data, std::size_t size) {
  if (head_checked_) return false;
  Request& head = loop_.request();
  fill(head, framing_, data, peer_);
  head.body = {};
  std::optional<Response> answer = decided_by_head(head, size);
  if (!answer) return false;
  begin(head);
  answer->close = true;
  respond(std::move(*answer));
  return true;
}

std::optional<Response> Connection::decided_by_head(const Request& head, std::size_t size) {
  const RouteTable::Match match = loop_.shared().routes.find(head.method, head.path);
  route_ = match.route;
  if (!match.route) {
    if (size <= kSmallUnrouted && !framing_.expects_continue()) return std::nullopt;
    return unrouted(match);
  }
  head_checked_ = true;
  const HeadCheck& check = loop_.head_check(*match.route);
  if (!check) return std::nullopt;
  try {
    return check(head);
  } catch (...) {
    return not_completed();
  }
}

void Connection::call(const Route& route, const Request& request, const char* data) {
  if (route.pooled.handler) return queue(route.pooled, request, data);
  try {
    loop_.handler(route)(request, Exchange(loop_, id_));
  } catch (...) {  // its exchange has answered 500 as it was let go
  }
}

void Connection::queue(const PooledRoute& route, const Request& request, const char* data) {
  Entrance entrance;
  try {
    if (route.enter) entrance = route.enter(request);
  } catch (...) {
    entrance.answer = not_completed();
  }
  if (entrance.answer) return respond(std::move(*entrance.answer));
  auto job = own_copy(request, data, framing_.body_at() + framing_.body_bytes());
  job->route = &route;
  job->size = framing_.body_at() + framing_.body_bytes();
  job->share = std::move(entrance.share);
  job->reply = [loop = &loop_, id = id_](Response&& response, std::shared_ptr<void> returning) {
    loop->post([loop, id, held = std::make_shared<Response>(std::move(response)), kept = std::move(returning)] {
      loop->answer(id, std::move(*held));
    });
  };
  loop_.shared().workers->submit(std::move(job));
}

}  // namespace certes::http
