#include "client/producer.hpp"

#include "client/checked_event.hpp"
#include "client/encoding.hpp"
#include "client/pipeline.hpp"
#include "client/policy_reader.hpp"
#include "common/base/ids.hpp"
#include "common/base/mutex.hpp"

namespace certes {
namespace {

using client::Pipeline;

client::Policies policies_of(const ProducerOptions& options) {
  client::Policies policies;
  if (options.policy) policies.global = *options.policy;
  policies.by_type.insert(options.policy_of_type.begin(), options.policy_of_type.end());
  policies.by_source.insert(options.policy_of_source.begin(), options.policy_of_source.end());
  return policies;
}

client::PipelineOptions pipeline_options(const ProducerOptions& options) {
  client::PipelineOptions made;
  made.forward.in_flight = std::max<std::size_t>(1, options.connections);
  made.forward.batch_events = std::max<std::size_t>(1, options.batch_events);
  made.max_events = options.max_events;
  made.max_bytes = options.max_bytes;
  made.seed = std::random_device{}();
  if (options.on_end)
    made.on_end = [on_end = options.on_end](const client::Ended& ended) {
      on_end({ended.id, ended.accepted, ended.rule, ended.status, ended.answer});
    };
  return made;
}

RejectedEvent shown(client::Rejected&& rejected) {
  RejectedEvent event;
  event.number = rejected.refusal.sequence;
  event.id = rejected.item.id;
  event.type = std::move(rejected.item.type);
  event.source = std::move(rejected.item.source);
  event.end = {std::move(rejected.item.id), false, std::move(rejected.refusal.rule), rejected.refusal.status,
               std::move(rejected.refusal.problem)};
  return event;
}

}  // namespace

class Producer::Impl {
 public:
  explicit Impl(const ProducerOptions& options) : max_event_bytes_(options.max_event_bytes), ids_(clock_) {
    if (options.metrics != nullptr) meters_.emplace(*options.metrics, options.max_events, options.max_bytes);
  }

  Result<void> open(ProducerOptions&& options) {
    client::HttpTransportOptions way{options.gateway_url, options.key, options.ca_file, options.request_timeout,
                                     options.connections};
    const auto transport = client::http_transport(std::move(way), clock_);
    if (!transport) return fail(transport.error());
    auto spool = options.spool.empty() ? Result<std::unique_ptr<client::Spool>>(client::make_memory_spool())
                                       : client::open_file_spool(options.spool);
    if (!spool) return fail(std::move(spool.error()).prefixed("spool: "));
    pipeline =
        std::make_unique<Pipeline>(std::move(*spool), pipeline_options(options), clock_, meters_ ? &*meters_ : nullptr);
    pipeline->set_policies(policies_of(options));
    if (auto started = pipeline->start(*transport); !started) return started;
    if (!options.api_url.empty())
      reader = std::make_unique<client::PolicyReader>(
          client::PolicyReaderOptions{options.api_url, options.key, options.api_policy_name, false,
                                      policies_of(options)},
          [this](client::Policies policies) { pipeline->set_policies(std::move(policies)); }, nullptr);
    return {};
  }

  Result<std::vector<std::string>> publish(std::vector<ProducerEvent>&& events) {
    std::vector<client::Item> items;
    std::vector<std::string> ids;
    for (ProducerEvent& given : events) {
      auto event = client::checked_event(std::move(given), max_event_bytes_);
      if (!event) return fail(std::move(event.error()));
      complete(*event);
      ids.push_back(event->client_id);
      items.push_back(client::item_of(std::move(*event)));
    }
    if (auto stored = pipeline->publish(std::move(items)); !stored) return fail(std::move(stored.error()));
    return ids;
  }

 private:
  void complete(event::Event& event) {
    if (event.time.empty()) event.time = format_rfc3339(clock_.unix_millis());
    if (!event.client_id.empty()) return;
    const Lock lock(mutex_);
    event.client_id = ids_.next("pub_");
  }

  const SystemClock clock_;
  const std::size_t max_event_bytes_;
  std::optional<client::ProducerMeters> meters_;
  Mutex mutex_;
  IdGenerator ids_ CERTES_GUARDED_BY(mutex_);

 public:
  // Last, so that they end before what they use.
  std::unique_ptr<Pipeline> pipeline;
  std::unique_ptr<client::PolicyReader> reader;
};

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Producer::~Producer() = default;

Result<std::unique_ptr<Producer>> Producer::open(ProducerOptions options) {
  auto impl = std::make_unique<Impl>(options);
  if (auto opened = impl->open(std::move(options)); !opened) return fail(std::move(opened.error()));
  return std::unique_ptr<Producer>(new Producer(std::move(impl)));
}

Result<std::string> Producer::publish(ProducerEvent event) {
  std::vector<ProducerEvent> events;
  events.push_back(std::move(event));
  auto ids = impl_->publish(std::move(events));
  if (!ids) return fail(std::move(ids.error()));
  return std::move(ids->front());
}

Result<std::vector<std::string>> Producer::publish(std::vector<ProducerEvent> events) {
  return impl_->publish(std::move(events));
}

ProducerStatus Producer::status() const {
  auto status = impl_->pipeline->status();
  return {status.waiting_events, status.rejected_events, status.bytes, std::move(status.last_error)};
}

Result<std::vector<RejectedEvent>> Producer::rejected(std::int64_t after, std::size_t limit) {
  auto page = impl_->pipeline->rejected(after, limit);
  if (!page) return fail(std::move(page.error()));
  std::vector<RejectedEvent> events;
  for (client::Rejected& each : *page) events.push_back(shown(std::move(each)));
  return events;
}

Result<void> Producer::retry_rejected(std::int64_t number) { return impl_->pipeline->retry_rejected(number); }
Result<void> Producer::drop_rejected(std::int64_t number) { return impl_->pipeline->drop_rejected(number); }

bool Producer::wait_until_sent(Millis limit) { return impl_->pipeline->wait_until_sent(limit); }

std::size_t Producer::close(Millis limit) {
  impl_->reader.reset();
  return impl_->pipeline->close(limit);
}

}  // namespace certes
