#include "common/config/table.hpp"

#include <cctype>

namespace certes::config {
namespace {

#define CERTES_PLACE(TYPE, MEMBER) Place<TYPE>([](Settings& s) -> TYPE* { return &s.MEMBER; })
#define CERTES_STRING(MEMBER) CERTES_PLACE(std::string, MEMBER)
#define CERTES_BOOL(MEMBER) CERTES_PLACE(bool, MEMBER)
#define CERTES_INT(MEMBER) CERTES_PLACE(int, MEMBER)
#define CERTES_SIZE(MEMBER) CERTES_PLACE(std::size_t, MEMBER)
#define CERTES_SECONDS(MEMBER) CERTES_PLACE(Millis, MEMBER)
#define CERTES_NUMBER(MEMBER) CERTES_PLACE(double, MEMBER)
#define CERTES_LIST(MEMBER) CERTES_PLACE(std::vector<std::string>, MEMBER)

constexpr double kYear = 366 * 86'400.0;

const Setting kSettings[] = {
    {"data", CERTES_STRING(data), "directory of the embedded log and of keys that were made"},
    {"dev", CERTES_BOOL(dev), "no keys needed from loopback, loopback endpoints allowed, a line per attempt"},
    {"allow_from", CERTES_LIST(allow_from), "with dev: networks besides loopback that need no key", 0, 0,
     Form::networks},
    {"dev.hosts", CERTES_LIST(dev_hosts),
     "with dev: names in Host, besides localhost and those without a dot, that need no key"},
    {"shutdown_delay_seconds", CERTES_SECONDS(shutdown_delay), "not ready for so long before draining", 0, 3'600},
    {"drain_seconds", CERTES_SECONDS(drain_timeout), "limit of draining on SIGTERM", 0, 3'600},

    {"log.level", CERTES_STRING(log_level), "what is written to standard error", 0, 0, Form::choice,
     "debug|info|warn|error"},
    {"log.format", CERTES_STRING(log_format), "how: lines of text, or a JSON object a line", 0, 0, Form::choice,
     "text|json"},
    {"store.engine", CERTES_STRING(store.engine), "where events last", 0, 0, Form::choice, "sqlite|kafka"},
    {"store.reserve_bytes", CERTES_SIZE(store.reserve_bytes),
     "embedded log: free space below which events are refused"},
    {"store.on_damaged", CERTES_STRING(store.on_damaged),
     "what becomes of records that are missing or cannot be decoded: skip loses them, counted, and goes "
     "on; stop holds their partition up; empty: skip, but for changes of resources",
     0, 0, Form::choice, "|skip|stop"},
    {"events.retention_seconds", CERTES_SECONDS(retention.events), "how long events are kept", 1, 100 * kYear},
    {"events.max_wait_seconds", CERTES_SECONDS(retention.max_wait),
     "how long a delivery may be open before it is dead-lettered; 0: for ever; on Kafka 9 days where nothing is said",
     0, 100 * kYear},
    {"events.max_bytes", CERTES_SIZE(store.events_max_bytes),
     "embedded log: that may be in use; finished events go before their time, then new ones are refused; 0: the disk",
     0},
    {"attempts.retention_seconds", CERTES_SECONDS(retention.attempts),
     "how long the outcomes of attempts are kept; on Kafka at least 11 days", 1, 100 * kYear},
    {"dead_letters.retention_seconds", CERTES_SECONDS(retention.dead_letters), "how long dead letters are kept", 1,
     100 * kYear},

    {"gateway.listen", CERTES_STRING(gateway.listen), "listener for events", 0, 0, Form::address},
    {"gateway.loops", CERTES_INT(gateway.loops), "threads of the listener", 1, 256},
    {"gateway.max_body_bytes", CERTES_SIZE(gateway.max_body_bytes), "largest request body", 1'024, 64 << 20},
    {"gateway.max_header_bytes", CERTES_SIZE(gateway.max_header_bytes), "largest request header", 1'024, 1 << 20},
    {"gateway.max_connections", CERTES_SIZE(gateway.max_connections), "open connections", 1, 1'000'000},
    {"gateway.max_connections_per_peer", CERTES_SIZE(gateway.max_connections_per_peer),
     "open connections of one address, or IPv6 /64; 0: no limit", 0, 1'000'000},
    {"gateway.unfinished_bytes", CERTES_SIZE(gateway.unfinished_bytes),
     "for requests that are not whole, and answers that are not taken; 0: 64 MiB, or 16 bodies if that is more"},
    {"gateway.max_batch_events", CERTES_SIZE(gateway.max_batch_events), "events in one request", 1, 1'000},
    {"gateway.unknown_types", CERTES_STRING(gateway.unknown_types), "whether types that nothing declares are taken", 0,
     0, Form::choice, "open|strict"},
    {"gateway.header_timeout_seconds", CERTES_SECONDS(gateway.header_timeout), "for the whole header", 0.001, 3'600},
    {"gateway.body_timeout_seconds", CERTES_SECONDS(gateway.body_timeout), "for the whole body", 0.001, 3'600},
    {"gateway.idle_timeout_seconds", CERTES_SECONDS(gateway.idle_timeout), "of a kept-alive connection", 0.001, 86'400},
    {"gateway.durable_timeout_seconds", CERTES_SECONDS(gateway.durable_timeout),
     "for the log's acknowledgement, then 503", 0.01, 60},
    {"gateway.tls_cert_file", CERTES_STRING(gateway.tls_cert_file), "certificate and its chain, PEM; empty: no TLS"},
    {"gateway.tls_key_file", CERTES_STRING(gateway.tls_key_file), "its key, PEM"},
    {"gateway.tls_client_ca_file", CERTES_STRING(gateway.tls_client_ca_file),
     "authorities of clients' certificates; empty: clients need none"},
    {"gateway.maintenance", CERTES_BOOL(gateway.maintenance), "refuse all events, with 503 not-accepted"},
    {"gateway.maintenance_retry_after_seconds", CERTES_SECONDS(gateway.maintenance_retry_after),
     "Retry-After during maintenance", 1, 86'400},
    {"gateway.max_waiting", CERTES_SIZE(gateway.max_waiting), "requests that wait for the log; above: 503", 1,
     10'000'000},
    {"gateway.shed_after_seconds", CERTES_SECONDS(gateway.shed_after),
     "of the log's silence, after which requests are refused at once", 0.01, 60},
    {"gateway.unverified_per_second", CERTES_NUMBER(gateway.unverified_per_second),
     "webhooks to a source from one address (IPv6: /64) that do not verify; above: 429", 0.01, 1'000'000},
    {"gateway.unverified_peers", CERTES_SIZE(gateway.unverified_peers), "addresses whose failures are remembered", 8,
     10'000'000},
    {"gateway.heavy_threads", CERTES_INT(gateway.heavy_threads),
     "threads for signatures over big bodies, and schemas that take long", 1, 64},
    {"gateway.heavy_waiting", CERTES_SIZE(gateway.heavy_waiting), "requests that wait for them; above: 503", 1,
     1'000'000},
    {"gateway.heavy_bytes", CERTES_SIZE(gateway.heavy_bytes),
     "bytes of these; above: 503; 0: the larger of 64 MiB and 16 times max_body_bytes", 0},
    {"gateway.trusted_proxies", CERTES_LIST(gateway.trusted_proxies),
     "networks of proxies whose word on the client and its certificate counts", 0, 0, Form::networks},
    {"gateway.waiter_bytes", CERTES_SIZE(gateway.waiter_bytes),
     "of endpoints' answers that one request with Prefer: wait is shown; above, the others come without", 0},
    {"gateway.waiters_bytes", CERTES_SIZE(gateway.waiters_bytes), "the same of all of them together", 0},
    {"gateway.max_waiters", CERTES_SIZE(gateway.max_waiters),
     "requests that wait for what becomes of their event (Prefer: wait); above: they do not", 1, 100'000},
    {"gateway.stream_watchers", CERTES_SIZE(gateway.stream_watchers), "clients of GET /stream; above: 503", 1, 100'000},
    {"gateway.stream_buffer_bytes", CERTES_SIZE(gateway.stream_buffer_bytes),
     "that may wait for a client of GET /stream to read it; above: it is dropped", 4'096, 64 << 20},
    {"gateway.stream_buffers_bytes", CERTES_SIZE(gateway.stream_buffers_bytes),
     "of memory that may wait for all of them; above: who is furthest behind is dropped; 0: the larger of 64 MiB and "
     "what one may hold, with 4 times max_body_bytes",
     0, 1ll << 40},
    {"gateway.stream_heartbeat_seconds", CERTES_SECONDS(gateway.stream_heartbeat),
     "between signs of life to clients of GET /stream", 0.1, 3'600},

    {"api.listen", CERTES_STRING(api.listen), "listener of the Master API", 0, 0, Form::address},
    {"api.enabled", CERTES_BOOL(api.enabled), "whether a gateway serves the Master API too"},
    {"api.max_connections", CERTES_SIZE(api.max_connections), "open connections", 1, 1'000'000},
    {"api.unfinished_bytes", CERTES_SIZE(api.unfinished_bytes), "the same as gateway.unfinished_bytes"},
    {"api.tls_cert_file", CERTES_STRING(api.tls_cert_file), "certificate and its chain, PEM; empty: no TLS"},
    {"api.tls_key_file", CERTES_STRING(api.tls_key_file), "its key, PEM"},
    {"api.tls_client_ca_file", CERTES_STRING(api.tls_client_ca_file),
     "authorities of clients' certificates; empty: clients need none"},
    {"api.workers", CERTES_INT(api.workers), "threads for short requests", 1, 64},
    {"api.long_workers", CERTES_INT(api.long_workers), "threads for requests that read much of the log", 1, 64},
    {"api.max_queued", CERTES_SIZE(api.max_queued), "requests that wait for either; above: 503", 1, 100'000},
    {"api.queue_bytes", CERTES_SIZE(api.queue_bytes), "of these requests; above: 503", 4 << 20, 1ll << 40},
    {"api.page_bytes", CERTES_SIZE(api.page_bytes), "of a list's items, which then goes on with \"next\"", 4'096,
     64 << 20},
    {"api.scan_bytes", CERTES_SIZE(api.scan_bytes), "read from the log for one request", 64 << 10, 1ll << 40},
    {"api.scan_seconds", CERTES_SECONDS(api.scan_time), "for reading it", 0.01, 60},
    {"api.replay_bytes", CERTES_SIZE(api.replay_bytes), "of dead letters that one request replays", 4'096, 32 << 20},

    {"dispatcher.listen", CERTES_STRING(dispatcher.listen), "listener for health and metrics", 0, 0, Form::address},
    {"dispatcher.max_connections", CERTES_SIZE(dispatcher.max_connections), "open connections", 1, 1'000'000},
    {"dispatcher.allow_networks", CERTES_LIST(dispatcher.allow_networks), "private networks that may be delivered to",
     0, 0, Form::networks},
    {"dispatcher.instance", CERTES_STRING(dispatcher.instance), "name of a static member of the group; empty: dynamic"},
    {"dispatcher.memory_bytes", CERTES_SIZE(dispatcher.memory_bytes), "for deliveries that can be sent soon", 1 << 20},
    {"dispatcher.index_bytes", CERTES_SIZE(dispatcher.index_bytes), "of the index of all that is open", 1 << 20},
    {"dispatcher.in_flight_max", CERTES_SIZE(dispatcher.in_flight_max), "requests at once", 1, 100'000},
    {"dispatcher.retry_share", CERTES_NUMBER(dispatcher.retry_share), "most that retries take of the sends", 0, 1},
    {"dispatcher.lower_share", CERTES_NUMBER(dispatcher.lower_share), "of the sends, guaranteed to lower classes", 0,
     0.9},
    {"dispatcher.senders", CERTES_INT(dispatcher.senders), "threads that send", 1, 64},
    {"dispatcher.resolving_max", CERTES_SIZE(dispatcher.resolving_max), "names that are looked up at once", 1, 1'024},
    {"dispatcher.ca_file", CERTES_STRING(dispatcher.ca_file), "authorities for https endpoints; empty: the system's"},

    {"deduplication.seconds", CERTES_SECONDS(deduplication.window), "how long an event's (source, id) is remembered", 0,
     kYear},
    {"deduplication.ids", CERTES_SIZE(deduplication.ids), "how many are remembered, in each partition", 0, 100'000'000},
    {"deduplication.memory_bytes", CERTES_SIZE(deduplication.memory_bytes),
     "Kafka: for remembering them, in a gateway and in a dispatcher", 1 << 20},
    {"deduplication.read_back", CERTES_SIZE(deduplication.read_back),
     "Kafka: records of each partition that are read again after a start", 0, 100'000'000},
    {"deduplication.read_back_bytes", CERTES_SIZE(deduplication.read_back_bytes),
     "Kafka: the same in bytes: of more than that, the newest are read", 1 << 20},
    {"deduplication.read_back_seconds", CERTES_SECONDS(deduplication.read_back_time),
     "Kafka: limit of the time that a gateway is not ready for it", 0, 3'600},
    {"deduplication.follow", CERTES_BOOL(deduplication.follow), "Kafka: gateways read what other gateways accept"},
    {"deduplication.redeliver_ids", CERTES_SIZE(deduplication.redeliver_ids),
     "events that nobody received, known so that a repeat is delivered again; 0: none is", 0, 100'000'000},
    {"deduplication.redeliver_waiting", CERTES_SIZE(deduplication.redeliver_waiting),
     "repeats that wait to be looked at for it; above, they are not", 1, 1'000'000},

    {"idempotency.seconds", CERTES_SECONDS(idempotency.window),
     "how long an Idempotency-Key brings the first answer again", 0, kYear},
    {"idempotency.keys", CERTES_SIZE(idempotency.keys), "how many are remembered", 0, 100'000'000},
    {"idempotency.memory_bytes", CERTES_SIZE(idempotency.memory_bytes), "for them and their answers", 1 << 20},

    {"debug.core_dumps", CERTES_BOOL(core_dumps),
     "whether the process may dump core and be looked into by a debugger: its memory holds secrets"},
    {"registry.accept_empty", CERTES_BOOL(registry.accept_empty),
     "begin without resources where the topic of the registry is empty beside events that are not"},
    {"audit.entries", CERTES_SIZE(audit.entries), "how many of the last changes to resources GET /audit knows", 0,
     1'000'000},
    {"history.enabled", CERTES_BOOL(history.enabled),
     "an index of what became of events, beside the Master API; of certes gateway only where this is said"},
    {"history.dir", CERTES_STRING(history.dir), "directory of this index; empty: history in data"},
    {"history.max_bytes", CERTES_SIZE(history.max_bytes), "for this index; above: the oldest events leave it", 16 << 20,
     1ll << 50},
    {"history.retention_seconds", CERTES_SECONDS(history.retention), "how long events stay in it", 1, 100 * kYear},
    {"relay.listen", CERTES_STRING(relay.listen), "listener of certes relay", 0, 0, Form::address},
    {"relay.any_network", CERTES_BOOL(relay.any_network),
     "whether that may be elsewhere than on loopback: it asks for no key"},
    {"relay.spool", CERTES_STRING(relay.spool), "directory of the relay's spool; empty: relay in data"},
    {"relay.max_bytes", CERTES_SIZE(relay.max_bytes), "most that the spool takes", 1 << 16},
    {"relay.max_events", CERTES_SIZE(relay.max_events), "the same in events; each takes memory", 1, 100'000'000},
    {"relay.max_body_bytes", CERTES_SIZE(relay.max_body_bytes), "largest request body", 1'024, 64 << 20},
    {"relay.gateway_url", CERTES_STRING(relay.gateway_url), "gateway to forward to"},
    {"relay.api_url", CERTES_STRING(relay.api_url),
     "Master API to read producers' back-off policies from; empty: none"},
    {"relay.key_file", CERTES_STRING(relay.key_file), "file with the relay's API key; empty: CERTES_KEY"},
    {"relay.ca_file", CERTES_STRING(relay.ca_file), "authorities for an https gateway; empty: the system's"},
    {"relay.policies_file", CERTES_STRING(relay.policies_file),
     "producers' back-off policies, as certes apply takes them"},
    {"relay.connections", CERTES_SIZE(relay.connections), "requests to the gateway at once", 1, 256},
    {"relay.batch_events", CERTES_SIZE(relay.batch_events), "events in one request to the gateway", 1, 1'000},
    {"relay.request_timeout_seconds", CERTES_SECONDS(relay.request_timeout), "for the gateway's answer", 0.1, 600},

    {"commands.result_seconds", CERTES_SECONDS(commands.result_timeout),
     "for the result of a command that was answered 202; then it has failed", 0.001, kYear},
    {"commands.search_seconds", CERTES_SECONDS(commands.search_timeout), "for looking a command up on the log", 0.01,
     30},
    {"commands.search_threads", CERTES_INT(commands.search_threads), "of a gateway, that look commands up", 1, 64},
    {"commands.max_searches", CERTES_SIZE(commands.max_searches), "that wait for one of these; above: 503", 1,
     1'000'000},
    {"commands.search_memory_bytes", CERTES_SIZE(commands.search_memory_bytes),
     "of commands that were looked up, remembered by each gateway", 0},
    {"commands.absent_memory_bytes", CERTES_SIZE(commands.absent_memory_bytes),
     "of commands that were looked up and not there", 0, 1ll << 40},
    {"commands.reply_concurrency", CERTES_INT(commands.reply_concurrency),
     "requests at once to the URLs in reply_to, for each tenant", 1, 10'000},
    {"commands.reply_timeout_seconds", CERTES_SECONDS(commands.reply_timeout), "for the answer of such a URL", 0.1,
     3'600},

    {"metrics.endpoints", CERTES_SIZE(metrics_endpoints), "endpoints with metrics of their own", 0, 100'000},
    {"metrics.listen", CERTES_STRING(metrics_listen),
     "listener for metrics and health, without keys; empty: every listener has them", 0, 0, Form::address_or_none},
    {"metrics.allow_from", CERTES_LIST(metrics_allow_from),
     "networks that see the metrics of other listeners without a key", 0, 0, Form::networks},
    {"backoff.policy", CERTES_STRING(backoff_policy), "back-off policy where nothing nearer names one"},
    {"backoff.producer_policy", CERTES_STRING(backoff_producer_policy), "the same for producers"},
    {"secrets.key_file", CERTES_STRING(secrets_key_file), "file with the sealing keys, one a line; the first seals"},

    {"kafka.brokers", CERTES_STRING(kafka.brokers), "host:port, separated by commas", 0, 0, Form::addresses},
    {"kafka.prefix", CERTES_STRING(kafka.prefix), "of every topic's name", 0, 0, Form::topic_prefix},
    {"kafka.group", CERTES_STRING(kafka.group), "consumer group; empty: the prefix and \"dispatcher\""},
    {"kafka.partitions", CERTES_INT(kafka.partitions), "of topics that are made", 1, 10'000},
    {"kafka.replication_factor", CERTES_INT(kafka.replication_factor), "of topics that are made; -1: the cluster's", -1,
     100},
    {"kafka.create_topics", CERTES_BOOL(kafka.create_topics), "make missing topics on start"},
    {"kafka.security_protocol", CERTES_STRING(kafka.security_protocol), "how brokers are spoken to", 0, 0, Form::choice,
     "|plaintext|ssl|sasl_plaintext|sasl_ssl"},
    {"kafka.sasl_mechanism", CERTES_STRING(kafka.sasl_mechanism), "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"},
    {"kafka.sasl_username", CERTES_STRING(kafka.sasl_username), "name for SASL"},
    {"kafka.sasl_password_file", CERTES_STRING(kafka.sasl_password_file), "file with the password for SASL"},
    {"kafka.ca_file", CERTES_STRING(kafka.ca_file), "authorities for TLS; empty: the system's"},
    {"kafka.cert_file", CERTES_STRING(kafka.cert_file), "our certificate, for TLS with client authentication"},
    {"kafka.key_file", CERTES_STRING(kafka.key_file), "its key"},
    {"kafka.session_timeout_seconds", CERTES_SECONDS(kafka.session_timeout),
     "after which a silent dispatcher loses its partitions", 1, 300},
};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : kSettings)
    if (setting.name == name) return &setting;
  return nullptr;
}

std::string variable_of(std::string_view name) {
  std::string variable = "CERTES_";
  for (const char c : name) variable += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return variable;
}

}  // namespace certes::config
