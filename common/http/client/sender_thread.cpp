#include "common/http/client/sender_thread.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace certes::http {

namespace {

constexpr Millis kLargeAnswers{1};    // of each round
constexpr Millis kRetrySurplus{500};  // of what waited for a name, and gave way

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

// Fewer kept than are in flight, and nearly every transfer dials anew; but what is kept leaves descriptors for others.
long kept_connections(const SenderOptions& options) {
  rlimit limit{};
  const bool known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  const auto share = known ? limit.rlim_cur / 4 / static_cast<rlim_t>(std::max(1, options.threads)) : ~rlim_t{0};
  return static_cast<long>(std::max<rlim_t>(1, std::min<rlim_t>(options.max_in_flight, share)));
}

std::string bracketed(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

// As libcurl wants it; '+': for no longer than its cache keeps what it has looked up itself.
std::string all_of(const NamedHost& named, const Resolution& resolution) {
  std::string text = "+" + named.host + ":" + std::to_string(named.port) + ":";
  for (const std::string& address : resolution.addresses)
    text.append(text.back() == ':' ? "" : ",").append(bracketed(address));
  return text;
}

// The same, of one of them, whatever the host's name: libcurl keeps connections to it apart from those to the others.
std::string one_of(const NamedHost& named, const std::string& address) {
  return "::" + bracketed(address) + ":" + std::to_string(named.port);
}

TransferError error_of(Resolution::Kind kind) {
  switch (kind) {
    case Resolution::Kind::failed: return TransferError::dns;
    case Resolution::Kind::local: return TransferError::local;
    case Resolution::Kind::found:
    case Resolution::Kind::silent: break;
  }
  return TransferError::unresolved;
}

// Whoever waits for a name is one of those in flight: names that are not answered hold at most a quarter of them.
std::size_t most_waits(const SenderOptions& options) {
  return std::max<std::size_t>(1, options.max_in_flight / 4 / static_cast<std::size_t>(std::max(1, options.threads)));
}

Resolver::Known unanswered(std::string why, Millis retry_in) {
  return {std::make_shared<const Resolution>(Resolution{Resolution::Kind::silent, {}, std::move(why)}), retry_in};
}

}  // namespace

SenderThread::SenderThread(const SenderOptions& options, const AddressPolicy& policy, Resolver& resolver,
                           Mailbox<TransferResult>& done, Handover& handover, int index)
    : options_(options),
      settings_{&options, &policy, this, &SenderThread::on_opened, &SenderThread::on_closed, &SenderThread::on_paused},
      resolver_(resolver),
      done_(done),
      handover_(handover),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      multi_(::curl_multi_init()),
      resolving_(most_waits(options)) {
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &SenderThread::on_socket);
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &SenderThread::on_timer);
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kept_connections(options));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.fd = inbox_->signal.fd();
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, inbox_->signal.fd(), &event);
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), ("sender-" + std::to_string(index)).c_str());
}

SenderThread::~SenderThread() {
  stopping_.store(true);
  inbox_->signal.notify();
  thread_.join();
  ::curl_multi_cleanup(multi_);  // closes what it keeps, hence before the sockets' table
  handles_.clear();
  ::close(epoll_);
}

void SenderThread::submit(Transfer&& transfer) {
  handover_.given();
  inbox_->commands.post(std::move(transfer));
}

void SenderThread::abort(std::uint64_t id) { inbox_->commands.post(Abort{id}); }

void SenderThread::run() {
  std::array<epoll_event, 256> events{};
  while (!stopping_.load(std::memory_order_relaxed)) {
    take_commands();
    give_back_overdue();
    // Transfers may end in here: they are collected before the thread blocks.
    for (int i = 0; i < 64 && run_due_timer(); ++i) collect();
    collect();
    // What was taken is dialled, or on its way: libcurl begins in its timer.
    if (taken_ > 0) handover_.begun(std::exchange(taken_, 0));
    resume_paused();
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd != inbox_->signal.fd()) socket_ready(event.data.fd, event.events);
    }
    collect();
  }
  while (!running_.empty()) give_up(running_.begin()->first);
}

void SenderThread::take_commands() {
  Mailbox<Command>& box = inbox_->commands;
  const std::size_t there = box.size_approx();
  if (there == 0 && commands_.empty()) {
    box.drain(commands_, 1);  // lets the next sender wake us
  } else {
    box.drain(commands_, std::min<std::size_t>(there + 1, 1024));
  }
  for (Command& command : commands_) std::visit([this](auto& one) { take(std::move(one)); }, command);
  commands_.clear();
  start_waiting();
}

void SenderThread::start_waiting() {
  while (!waiting_.empty() && running_.size() < options_.max_in_flight) {
    Transfer transfer = std::move(waiting_.front());
    waiting_.pop_front();
    resolve(std::move(transfer));
  }
}

// Starts it, at once or when its host has been looked up. The address itself is checked when it is dialled.
void SenderThread::resolve(Transfer&& transfer) {
  const auto named = options_.environment_proxy ? std::nullopt : named_host(transfer.url);
  if (!named) return start(std::move(transfer), {});
  const NameWaits::Name name{transfer.tenant, named->host};
  if (!resolving_.contains(name)) {
    const auto known =
        resolver_.ask(name.tenant, name.host, [inbox = inbox_, name] { inbox->commands.post(LookedUp{name}); });
    if (known && known->resolution->kind == Resolution::Kind::found)
      return start_named(std::move(transfer), *named, known->resolution);
    if (known) return give_back(transfer.id, *known, name.host);
  }
  const SteadyTime now = clock_now();
  transfer.name_asked = std::min(transfer.name_asked, now);
  resolving_.add(name, std::move(transfer), now + Resolver::kPatience);
  give_back_surplus();
}

// The resolver knows now: they are asked for again, before those that came after them.
void SenderThread::take(const LookedUp& looked_up) {
  auto ended = resolving_.take(looked_up.name);
  if (!ended) return;
  auto& transfers = ended->second.transfers;
  waiting_.insert(waiting_.begin(), std::make_move_iterator(transfers.begin()),
                  std::make_move_iterator(transfers.end()));
}

void SenderThread::give_back_overdue() {
  static const Resolver::Known known = unanswered("it is not answered", Resolver::kPatience);
  while (const auto ended = resolving_.take_overdue(clock_now()))
    for (const Transfer& transfer : ended->second.transfers) give_back(transfer.id, known, ended->first.host);
}

void SenderThread::give_back_surplus() {
  static const Resolver::Known known = unanswered("it is not answered yet, and too many wait for names", kRetrySurplus);
  while (const auto ended = resolving_.take_surplus())
    for (const Transfer& transfer : ended->second.transfers) give_back(transfer.id, known, ended->first.host);
}

void SenderThread::give_back(std::uint64_t id, const Resolver::Known& known, const std::string& host) {
  TransferResult result;
  result.id = id;
  result.error = error_of(known.resolution->kind);
  result.message = "cannot look up " + host + ": " + known.resolution->message;
  if (not_tried(result.error)) result.retry_in = known.retry_in;
  done_.post(std::move(result));
}

void SenderThread::start_named(Transfer&& transfer, const NamedHost& named, ResolutionPtr resolution) {
  const std::string& one = transfer.address;
  if (one.empty()) {
    std::string all = all_of(named, *resolution);
    return start(std::move(transfer), {std::move(all), {}, std::move(resolution)});
  }
  if (std::ranges::count(resolution->addresses, one) > 0) {
    std::string to = one_of(named, one);
    return start(std::move(transfer), {{}, std::move(to), std::move(resolution)});
  }
  TransferResult result;
  result.id = transfer.id;
  result.error = TransferError::connect;
  result.message = one + " is no address of " + named.host + " any more";
  result.unsent = true;
  result.resolution = std::move(resolution);
  done_.post(std::move(result));
}

void SenderThread::start(Transfer&& transfer, Dial&& dial) {
  if (free_.empty()) {
    auto made = std::make_unique<CurlTransfer>(settings_);
    if (made->easy() == nullptr) {
      made->begin(std::move(transfer), std::move(dial), clock_now());
      return done_.post(made->end_local(clock_now()));
    }
    free_.push_back(made.get());
    handles_.push_back(std::move(made));
  }
  CurlTransfer* handle = free_.back();
  handle->begin(std::move(transfer), std::move(dial), clock_now());
  if (::curl_multi_add_handle(multi_, handle->easy()) != CURLM_OK) return done_.post(handle->end_local(clock_now()));
  free_.pop_back();
  running_[handle->id()] = handle;
}

void SenderThread::give_up(std::uint64_t id) {
  if (const auto found = running_.find(id); found != running_.end()) {
    CurlTransfer* handle = found->second;
    ::curl_multi_remove_handle(multi_, handle->easy());
    done_.post(handle->end_aborted(clock_now()));
    free_.push_back(handle);
    running_.erase(id);
    return;
  }
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [id](const Transfer& t) { return t.id == id; });
  if (found == waiting_.end() && !resolving_.forget(id)) return;
  if (found != waiting_.end()) waiting_.erase(found);
  TransferResult result;
  result.id = id;
  result.error = TransferError::aborted;
  result.message = "the request was given up";
  done_.post(std::move(result));
}

void SenderThread::collect() {
  int left = 0;
  while (CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CURL* easy = message->easy_handle;
    CurlTransfer* handle = nullptr;
    ::curl_easy_getinfo(easy, CURLINFO_PRIVATE, &handle);
    finish(*handle, code);
  }
  if (!waiting_.empty()) start_waiting();
}

void SenderThread::finish(CurlTransfer& handle, CURLcode code) {
  ::curl_multi_remove_handle(multi_, handle.easy());
  const std::uint64_t id = handle.id();
  done_.post(handle.end(code, clock_now()));
  free_.push_back(&handle);
  running_.erase(id);
}

// Large answers take turns among themselves, and all together a slice of each round: a small one never waits for more.
void SenderThread::resume_paused() {
  const SteadyTime until = clock_now() + kLargeAnswers;
  for (std::size_t left = paused_.size(); left > 0 && clock_now() < until; --left) {
    const auto found = running_.find(paused_.front());
    paused_.pop_front();
    if (found == running_.end()) continue;
    if (const CURLcode code = found->second->resume(); code != CURLE_OK) finish(*found->second, code);
    run_due_timer();
    collect();
  }
}

bool SenderThread::run_due_timer() {
  if (timer_ > clock_now()) return false;
  timer_ = SteadyTime::max();
  int running = 0;
  ::curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  return true;
}

int SenderThread::wait_ms() const {
  if (!paused_.empty()) return 0;
  const SteadyTime until = std::min(timer_, resolving_.next_at().value_or(SteadyTime::max()));
  if (until == SteadyTime::max()) return -1;
  const auto left = std::chrono::ceil<Millis>(until - clock_now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

int SenderThread::on_timer(CURLM*, long timeout_ms, void* self_pointer) {
  auto& self = *static_cast<SenderThread*>(self_pointer);
  self.timer_ = timeout_ms < 0 ? SteadyTime::max() : clock_now() + Millis(timeout_ms);
  return 0;
}

}  // namespace certes::http
