#include "dispatcher/core_loop_options.hpp"

#include <algorithm>

namespace certes::dispatcher {
namespace {

constexpr std::size_t kDeadLetterHeaders = 16u << 10;  // what a dead letter has beside its event

}  // namespace

CoreOptions core_options(const Dependencies& dependencies) {
  const config::Settings& settings = dependencies.settings;
  CoreOptions options;
  options.tracer = dependencies.tracer;
  options.memory_bytes = settings.dispatcher.memory_bytes;
  options.index_bytes = settings.dispatcher.index_bytes;
  options.in_flight_max = settings.dispatcher.in_flight_max;
  options.first_in_flight = 4;
  options.shares = {settings.dispatcher.lower_share, settings.dispatcher.retry_share};
  options.shares.reserves = true;
  options.routing.global_policy = settings.backoff_policy;
  options.routing.fallback = std::make_shared<registry::BackoffPolicy>(registry::default_backoff_policy());
  options.deduplicate = !dependencies.log.exact_deduplication() && settings.deduplication.window > Millis{0};
  options.deduplicate_ids =
      std::min(settings.deduplication.ids,
               Duplicates::most_within(settings.deduplication.memory_bytes, dependencies.log.partitions()));
  options.deduplicate_window = settings.deduplication.window;
  options.max_wait = settings.retention.max_wait;
  options.result_timeout = settings.commands.result_timeout;
  options.reply_concurrency = settings.commands.reply_concurrency;
  options.reply_timeout = settings.commands.reply_timeout;
  options.transforms.max_output_bytes = settings.transform.max_output_bytes;
  options.resign_only_where_said = settings.store.engine == "kafka";
  const std::size_t most = dependencies.log.max_record_bytes(log::Topic::dead_letters);
  options.max_record_bytes = most > kDeadLetterHeaders ? most - kDeadLetterHeaders : most;
  return options;
}

OwnerOptions owner_options(const Dependencies& dependencies) {
  OwnerOptions options;
  options.group = dependencies.log.group();
  const auto& known = dependencies.settings.deduplication;
  if (!dependencies.log.exact_deduplication() && known.ids > 0 && known.window > Millis{0})
    options.read_back = {known.read_back, known.read_back_bytes};
  options.read_back_window = known.window;
  options.lets_go = dependencies.settings.store.engine == "kafka" ? LetsGo::below : LetsGo::between;
  options.events_retention = dependencies.settings.retention.events;
  return options;
}

http::SenderOptions sender_options(const config::DispatcherSettings& settings) {
  http::SenderOptions options;
  options.threads = settings.senders;
  options.max_in_flight = settings.in_flight_max;
  options.ca_file = settings.ca_file;
  options.resolver.max_at_work = settings.resolving_max;
  return options;
}

}  // namespace certes::dispatcher
