#pragma once
// The settings of a process: made only by load() (file < environment < flags), checked as a whole, immutable after.
// Who: main functions; each part gets the struct it needs. Names here are the names in the file: [gateway] listen = …,
// but for durations: what the file has in seconds (header_timeout_seconds = 2.5) is a number of milliseconds here, the
// nearest one. Sizes and counts fit what they are used as; rates are of a second, shares of 1.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"

namespace certes::config {

struct KafkaSettings {
  std::string brokers;
  std::string prefix = "certes.";
  std::string group;  // empty: prefix + "dispatcher"
  int partitions = 12;
  int replication_factor = -1;
  bool create_topics = true;
  std::string security_protocol;  // plaintext, ssl, sasl_plaintext, sasl_ssl
  std::string sasl_mechanism, sasl_username, sasl_password_file, ca_file, cert_file, key_file;
  Millis session_timeout{12'000};
  std::map<std::string, std::string> properties;                    // [kafka.properties]: to librdkafka
  std::map<std::string, std::map<std::string, std::string>> topic;  // [kafka.topic.NAME]: topic configuration
  std::string instance;                                             // dispatcher.instance: static membership
};

// [store]: where the log is.
struct StoreSettings {
  std::string engine = "sqlite";           // or kafka
  std::size_t reserve_bytes = 256u << 20;  // sqlite: gateway appends are refused below this much free space
  std::size_t events_max_bytes = 0;        // events.max_bytes, sqlite: that may be in use of the file; 0: the disk
  std::string on_damaged;                  // skip, stop; empty: skip, but for the registry
};

// How long a topic keeps what is finished: retention_seconds of [events], [attempts] and [dead_letters].
struct RetentionSettings {
  Millis events = std::chrono::days(7);
  Millis max_wait{0};  // events.max_wait_seconds: that a delivery may be open; 0: for ever. Kafka: 9 days, if not said
  Millis attempts = std::chrono::days(11);
  Millis dead_letters = std::chrono::days(30);
};

struct GatewaySettings {
  std::string listen = "127.0.0.1:9600";
  int loops = 1;
  std::size_t max_body_bytes = 1 << 20;
  std::size_t max_header_bytes = 32 << 10;
  std::size_t max_connections = 10'000;
  std::size_t max_connections_per_peer = 0;  // 0: no limit
  std::size_t unfinished_bytes = 0;  // held for requests that are not whole; 0: 64 MiB, or 16 bodies if that is more
  Millis header_timeout{10'000}, body_timeout{20'000}, idle_timeout{75'000};
  Millis durable_timeout{2'500};  // then 503 outcome-unknown
  std::size_t max_batch_events = 1'000;
  std::string tls_cert_file, tls_key_file;  // empty: no TLS
  std::string tls_client_ca_file;           // clients must have a certificate of these; empty: they need none
  bool maintenance = false;
  Millis maintenance_retry_after{30'000};
  std::size_t max_waiting = 16'384;             // requests that wait for the log; above: 503 not-accepted
  Millis shed_after{1'500};                     // of the log's silence; then 503 not-accepted at once
  std::size_t refused_bytes = 8 << 20;          // for requests of sources that were refused, to be looked at; 0: none
  double unverified_per_second = 100;           // webhooks that do not verify, of one address and source; above: 429
  std::size_t unverified_peers = 65'536;        // whose failures are remembered
  int heavy_threads = 2;                        // for what would hold up a loop
  std::size_t heavy_waiting = 1'024;            // requests that wait for them; above: 503 not-accepted
  std::size_t heavy_bytes = 0;                  // the same in bytes; 0: the larger of 64 MiB and 16 bodies
  std::vector<std::string> trusted_proxies;     // CIDRs: whose word on the client counts
  std::string unknown_types = "open";           // or strict: types that no event type declares are refused
  std::size_t max_waiters = 2'000;              // requests with Prefer: wait at once; above: they do not wait
  std::size_t waiter_bytes = 64 << 10;          // of the answers that one of them is shown; above: without their bodies
  std::size_t waiters_bytes = 32 << 20;         // the same of all of them
  std::size_t stream_watchers = 2'000;          // clients of GET /stream; above: 503
  std::size_t stream_buffer_bytes = 256 << 10;  // that may wait for one of them; above: dropped
  // that may wait for all of them, above: who is furthest behind goes; 0: the larger of 64 MiB and one's, with 4 bodies
  std::size_t stream_buffers_bytes = 0;
  Millis stream_heartbeat{15'000};
};

struct ApiSettings {
  std::string listen = "127.0.0.1:9610";
  bool enabled = true;
  std::size_t max_connections = 1'000;
  std::size_t unfinished_bytes = 0;                             // as the gateway's
  std::string tls_cert_file, tls_key_file, tls_client_ca_file;  // as the gateway's
  int workers = 8;                                              // threads for short requests
  int long_workers = 4;                                         // for those that read much of the log
  std::size_t max_queued = 1'024;      // requests that wait for either; above, the tenant with the most gets 503
  std::size_t queue_bytes = 64 << 20;  // of these
  std::size_t page_bytes = 1 << 20;    // of a list's items: then it goes on with "next"
  std::size_t scan_bytes = 16 << 20;   // read from the log for one request
  Millis scan_time{2'000};             // for that
};

struct DispatcherSettings {
  std::string listen = "127.0.0.1:9620";
  std::size_t max_connections = 1'000;
  std::vector<std::string> allow_networks;
  std::string instance;
  std::size_t memory_bytes = 128ull << 20;
  std::size_t index_bytes = 256ull << 20;
  std::size_t in_flight_max = 4'096;
  double retry_share = 0.2;
  double lower_share = 0.1;  // of the sends, guaranteed to lower classes
  int senders = 1;
  std::size_t resolving_max = 32;  // names that are looked up at once
  std::string ca_file;             // for https endpoints; empty: the system's
};

// certes relay.
struct RelaySettings {
  std::string listen = "127.0.0.1:9630";
  bool any_network = false;  // may listen elsewhere than on loopback
  std::string spool;         // directory; empty: DATA/relay
  std::size_t max_bytes = 1u << 30;
  std::size_t max_events = 1'000'000;
  std::size_t max_body_bytes = (1 << 20) - 4'096;  // the gateway's, less what forwarding adds
  std::string gateway_url = "http://127.0.0.1:9600";
  std::string api_url;  // Master API to read policies from; empty: none
  std::string key_file, ca_file, policies_file;
  std::size_t connections = 4;
  std::size_t batch_events = 100;
  Millis request_timeout{30'000};
};

struct DeduplicationSettings {
  Millis window = std::chrono::days(1);  // deduplication.seconds
  std::size_t ids = 1'000'000;           // per partition
  // Kafka only: on the embedded log the index is in the file.
  std::size_t memory_bytes = 512ull << 20;  // of a gateway's index, and of a dispatcher's
  std::size_t read_back = 100'000;          // records of each partition, when a gateway or an owner starts
  std::size_t read_back_bytes = 64 << 20;   // of each partition, the same
  Millis read_back_time{2'000};             // how long a gateway is not ready for it
  bool follow = true;                       // gateways read what others accept
  // Of repeats that are delivered again, because nobody received the first:
  std::size_t redeliver_ids = 100'000;    // events that nobody received, known to a gateway; 0: none
  std::size_t redeliver_waiting = 1'000;  // repeats that wait to be looked at
};

// What an Idempotency-Key brings again.
struct IdempotencySettings {
  Millis window = std::chrono::days(1);  // idempotency.seconds
  std::size_t keys = 100'000;
  std::size_t memory_bytes = 64ull << 20;
};

struct RegistrySettings {
  bool accept_empty = false;  // follow an empty registry although events are there
};

struct AuditSettings {
  std::size_t entries = 4'000;  // changes that GET /audit knows
};

// The index of what became of events, beside the Master API.
struct HistorySettings {
  bool enabled = true;                  // of a gateway's Master API only where it was said
  std::string dir;                      // empty: DATA/history
  std::size_t max_bytes = 10ull << 30;  // then the oldest events are let go of
  Millis retention = std::chrono::days(7);
  bool payload_text = false;           // words of payloads can be searched
  std::size_t text_bytes = 16u << 10;  // of a payload's text, from its beginning
};

// Copies of the embedded log that are made while it is used.
struct BackupSettings {
  std::string dir;                           // empty: DATA/backups
  std::size_t bytes_per_second = 64u << 20;  // of one that is being made; 0: no bound
  std::size_t keep = 7;                      // older ones are deleted when one is done; 0: all stay
};

// Long work that is asked for through the Master API.
struct JobSettings {
  std::size_t most = 200;                   // of a tenant, those that have ended among them
  Millis retention = std::chrono::days(7);  // of those that have ended
  std::size_t running = 16;                 // that a process goes on with at once
  Millis progress_every{2'000};             // how far one is, is written down
  Millis takeover_after{15'000};            // of a process that writes nothing more. Kafka only
};

// [transform]: what a transformation may make of one event.
struct TransformSettings {
  std::size_t max_output_bytes = 2u << 20;  // of the body
};

struct CommandSettings {
  Millis result_timeout{3'600'000};            // for the result of a command that was answered 202
  Millis search_timeout{2'000};                // for looking a command up on the log
  int search_threads = 4;                      // of a gateway, that do so
  std::size_t max_searches = 1'024;            // that wait for one of these; above: 503
  std::size_t search_memory_bytes = 32 << 20;  // of commands that were looked up, in each gateway
  std::size_t absent_memory_bytes = 4 << 20;   // of those that were not there
  int reply_concurrency = 64;                  // requests at once to a tenant's URLs in reply_to
  Millis reply_timeout{15'000};                // of one of these
};

struct Settings {
  std::string data = "certes-data";
  bool dev = false;
  std::vector<std::string> allow_from;  // --dev: CIDRs besides loopback that need no key
  std::vector<std::string> dev_hosts;   // dev.hosts: names in Host that need none
  Millis shutdown_delay{0};
  Millis drain_timeout{25'000};
  std::string log_level = "info";   // log.level
  std::string log_format = "text";  // log.format
  bool core_dumps = false;          // debug.core_dumps
  std::size_t metrics_endpoints = 200;
  std::string metrics_listen;               // metrics.listen; empty: every listener shows them
  std::string traces_endpoint;              // traces.endpoint: OTLP over HTTP, a URL; empty: there are no traces
  double traces_sample = 1;                 // traces.sample: of events that bring no trace of their own
  std::size_t traces_queue_spans = 10'000;  // traces.queue_spans
  std::vector<std::string> metrics_allow_from = {"127.0.0.0/8", "::1/128"};  // metrics.allow_from
  std::string backoff_policy;                                                // backoff.policy
  std::string backoff_producer_policy;
  std::string secrets_key_file;           // secrets.key_file
  std::vector<std::string> secrets_keys;  // CERTES_SECRETS_KEY, comma-separated
  std::string admin_key;                  // CERTES_ADMIN_KEY or what CERTES_ADMIN_KEY_FILE holds
  KafkaSettings kafka;
  StoreSettings store;
  RetentionSettings retention;
  GatewaySettings gateway;
  ApiSettings api;
  DispatcherSettings dispatcher;
  DeduplicationSettings deduplication;
  RegistrySettings registry;
  AuditSettings audit;
  HistorySettings history;
  BackupSettings backup;
  RelaySettings relay;
  JobSettings jobs;
  CommandSettings commands;
  IdempotencySettings idempotency;
  TransformSettings transform;
};

// Where values come from. Flags are (dotted name, value): {"kafka.brokers", "localhost:9092"}; they name settings as
// the file does and beat the environment (CERTES_GATEWAY_LISTEN → gateway.listen), which beats the file.
struct Sources {
  std::string file;                                // empty: none
  std::map<std::string, std::string> environment;  // of the process
  std::vector<std::pair<std::string, std::string>> flags;
};

// Errors: invalid, with file:line, the variable or the flag in the message, and for an unknown key the nearest known
// one.
Result<Settings> load(const Sources& sources);
// The environment of this process, CERTES_* only.
std::map<std::string, std::string> process_environment();

}  // namespace certes::config
