// What other threads ask of a pipeline.
#include "client/pipeline.hpp"

#include <future>

namespace certes::client {

Pipeline::Pipeline(std::unique_ptr<Spool> spool, PipelineOptions options, const Clock& clock, ProducerMeters* meters)
    : options_(std::move(options)),
      clock_(clock),
      meters_(meters),
      spool_(std::move(spool)),
      forwarder_(options_.forward, options_.seed) {}

Pipeline::~Pipeline() { close(Millis{0}); }

Result<void> Pipeline::start(const MakeTransport& transport) {
  auto read = spool_->each_waiting([this](Entry&& entry) {
    {
      const Lock lock(mutex_);
      ++events_;
      bytes_ += entry.bytes;
    }
    forwarder_.add(std::move(entry));
  });
  if (!read) return read;
  const auto rejected = spool_->rejected_size();
  if (!rejected) return fail(rejected.error());
  {
    const Lock lock(mutex_);
    events_ += rejected->events;
    bytes_ += rejected->bytes;
    status_.rejected_events = rejected->events;
  }
  publish_state();
  transport_ = transport([this] { wake(); });
  {
    const Lock lock(mutex_);
    running_ = true;
  }
  thread_ = std::thread([this] { run(); });
  return {};
}

void Pipeline::set_policies(Policies policies) {
  {
    const Lock lock(mutex_);
    works_.push_back(
        [this, policies = std::move(policies)]() mutable { forwarder_.set_policies(std::move(policies)); });
  }
  wake();
}

void Pipeline::wake() {
  const Lock lock(mutex_);
  woke_ = true;
  woken_.notify_one();
}

std::optional<Error> Pipeline::reserve(const Publishing& publishing) {
  if (closing_) return Error(Code::unavailable, "the producer is closing");
  if (events_ + publishing.items.size() > options_.max_events)
    return Error(Code::busy, "the spool is full: it holds " + std::to_string(events_) + " of " +
                                 std::to_string(options_.max_events) + " events");
  if (bytes_ + publishing.bytes > options_.max_bytes)
    return Error(Code::busy, "the spool is full: it holds " + std::to_string(bytes_) + " of " +
                                 std::to_string(options_.max_bytes) + " bytes");
  if (pending_bytes_ > 0 && pending_bytes_ + publishing.bytes > options_.max_pending_bytes)
    return Error(Code::busy, "the disk is slower than what is published");
  events_ += publishing.items.size();
  bytes_ += publishing.bytes;
  pending_bytes_ += publishing.bytes;
  return std::nullopt;
}

void Pipeline::publish(std::vector<Item> items, Stored stored) {
  Publishing publishing{std::move(items), 0, std::move(stored)};
  for (const Item& item : publishing.items) publishing.bytes += item.bytes();
  Lock lock(mutex_);
  if (auto refused = reserve(publishing)) {
    lock.unlock();
    if (meters_ != nullptr) meters_->refused(refused->code == Code::busy ? "full" : "closing");
    return publishing.stored(fail(std::move(*refused)));
  }
  publishings_.push_back(std::move(publishing));
  woke_ = true;
  woken_.notify_one();
}

Result<void> Pipeline::publish(std::vector<Item> items) {
  auto done = std::make_shared<std::promise<Result<void>>>();
  auto stored = done->get_future();
  publish(std::move(items), [done](Result<void> result) { done->set_value(std::move(result)); });
  return stored.get();
}

void Pipeline::give_back(std::size_t events, std::size_t bytes) {
  events_ -= std::min(events_, events);
  bytes_ -= std::min(bytes_, bytes);
}

// The answer to `question`, which the pipeline's thread is asked.
template <class T>
Result<T> Pipeline::ask(std::function<Result<T>()> question) {
  auto done = std::make_shared<std::promise<Result<T>>>();
  auto answer = done->get_future();
  {
    const Lock lock(mutex_);
    if (!running_) return fail(Code::unavailable, "the producer is closed");
    works_.push_back([done, question = std::move(question)] { done->set_value(question()); });
    woke_ = true;
    woken_.notify_one();
  }
  return answer.get();
}

Result<std::vector<Rejected>> Pipeline::rejected(std::int64_t after, std::size_t limit) {
  return ask<std::vector<Rejected>>([this, after, limit] { return spool_->rejected(after, limit); });
}

Result<void> Pipeline::retry_rejected(std::int64_t sequence) {
  return ask<void>([this, sequence]() -> Result<void> {
    auto entry = spool_->restore(sequence);
    if (!entry) return fail(std::move(entry.error()));
    forwarder_.add(std::move(*entry));
    const Lock lock(mutex_);
    --status_.rejected_events;
    return {};
  });
}

Result<void> Pipeline::drop_rejected(std::int64_t sequence) {
  return ask<void>([this, sequence]() -> Result<void> {
    auto bytes = spool_->drop(sequence);
    if (!bytes) return fail(std::move(bytes.error()));
    const Lock lock(mutex_);
    give_back(1, *bytes);
    --status_.rejected_events;
    return {};
  });
}

PipelineStatus Pipeline::status() const {
  const Lock lock(mutex_);
  PipelineStatus status = status_;
  status.bytes = bytes_;
  status.waiting_events = events_ - std::min(events_, status_.rejected_events);
  return status;
}

bool Pipeline::wait_until_sent(Millis limit) {
  Lock lock(mutex_);
  return changed_.wait_for(
      lock, limit, [this]() CERTES_REQUIRES(mutex_) { return !running_ || events_ == status_.rejected_events; });
}

std::size_t Pipeline::close(Millis limit) {
  {
    const Lock lock(mutex_);
    closing_ = true;
    close_by_ = clock_.now() + limit;
    woke_ = true;
    woken_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  transport_.reset();
  return forwarder_.size();
}

std::optional<Error> Pipeline::failure() const {
  const Lock lock(mutex_);
  return failure_;
}

}  // namespace certes::client
