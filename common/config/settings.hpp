#pragma once
// The settings of a process: made only by load() (file < environment < flags), checked as a whole, immutable after.
// Who: main functions; each part gets the struct it needs. Names here are the names in the file: [gateway] listen = …

#include <cstdint>
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
  double session_timeout_seconds = 12;
  std::map<std::string, std::string> properties;                    // [kafka.properties]: to librdkafka
  std::map<std::string, std::map<std::string, std::string>> topic;  // [kafka.topic.NAME]: topic configuration
  std::string instance;                                             // dispatcher.instance: static membership
};

// [store]: where the log is.
struct StoreSettings {
  std::string engine = "sqlite";             // or kafka
  std::int64_t reserve_bytes = 256ll << 20;  // sqlite: gateway appends are refused below this much free space
  std::int64_t events_max_bytes = 0;         // events.max_bytes, sqlite: that may be in use of the file; 0: the disk
  std::string on_damaged;                    // skip, stop; empty: skip, but for the registry
};

// How long a topic keeps what is finished: retention_seconds of [events], [attempts] and [dead_letters].
struct RetentionSettings {
  double events_seconds = 7 * 86'400;
  double attempts_seconds = 11 * 86'400;
  double dead_letters_seconds = 30 * 86'400;
};

struct GatewaySettings {
  std::string listen = "127.0.0.1:9600";
  int loops = 1;
  std::int64_t max_body_bytes = 1 << 20;
  std::int64_t max_header_bytes = 32 << 10;
  int max_connections = 10'000;
  int max_connections_per_peer = 0;   // 0: no limit
  std::int64_t unfinished_bytes = 0;  // held for requests that are not whole; 0: 64 MiB, or 16 bodies if that is more
  double header_timeout_seconds = 10, body_timeout_seconds = 20, idle_timeout_seconds = 75;
  double durable_timeout_seconds = 2.5;  // then 503 outcome-unknown
  int max_batch_events = 1'000;
  std::string tls_cert_file, tls_key_file;  // empty: no TLS
  std::string tls_client_ca_file;           // clients must have a certificate of these; empty: they need none
  bool maintenance = false;
  double maintenance_retry_after_seconds = 30;
  int max_waiting = 16'384;                  // requests that wait for the log; above: 503 not-accepted
  double shed_after_seconds = 1.5;           // of the log's silence; then 503 not-accepted at once
  double unverified_per_second = 100;        // webhooks that do not verify, of one address and source; above: 429
  int unverified_peers = 65'536;             // whose failures are remembered
  int heavy_threads = 2;                     // for what would hold up a loop
  int heavy_waiting = 1'024;                 // requests that wait for them; above: 503 not-accepted
  std::int64_t heavy_bytes = 0;              // the same in bytes; 0: the larger of 64 MiB and 16 bodies
  std::vector<std::string> trusted_proxies;  // CIDRs: whose word on the client counts
  std::string unknown_types = "open";        // or strict: types that no event type declares are refused
  int max_waiters = 2'000;                   // requests with Prefer: wait at once; above: they do not wait
  std::int64_t waiter_bytes = 64 << 10;      // of the answers that one of them is shown; above: without their bodies
  std::int64_t waiters_bytes = 32 << 20;     // the same of all of them
  int stream_watchers = 2'000;               // clients of GET /stream; above: 503
  std::int64_t stream_buffer_bytes = 256 << 10;  // that may wait for one of them; above: dropped
  // that may wait for all of them, above: who is furthest behind goes; 0: the larger of 64 MiB and one's, with 4 bodies
  std::int64_t stream_buffers_bytes = 0;
  double stream_heartbeat_seconds = 15;
};

struct ApiSettings {
  std::string listen = "127.0.0.1:9610";
  bool enabled = true;
  int max_connections = 1'000;
  std::int64_t unfinished_bytes = 0;                            // as the gateway's
  std::string tls_cert_file, tls_key_file, tls_client_ca_file;  // as the gateway's
  int workers = 8;                                              // threads for short requests
  int long_workers = 4;                                         // for those that read much of the log
  int max_queued = 1'024;               // requests that wait for either; above, the tenant with the most gets 503
  std::int64_t queue_bytes = 64 << 20;  // of these
  std::int64_t page_bytes = 1 << 20;    // of a list's items: then it goes on with "next"
  std::int64_t scan_bytes = 16 << 20;   // read from the log for one request
  double scan_seconds = 2;              // for that
  std::int64_t replay_bytes = 8 << 20;  // of dead letters that one request replays
};

struct DispatcherSettings {
  std::string listen = "127.0.0.1:9620";
  int max_connections = 1'000;
  std::vector<std::string> allow_networks;
  std::string instance;
  std::int64_t memory_bytes = 128ll << 20;
  int in_flight_max = 4'096;
  double retry_share = 0.2;
  double lower_share = 0.1;  // of the sends, guaranteed to lower classes
  int senders = 1;
  int resolving_max = 32;  // names that are looked up at once
  std::string ca_file;     // for https endpoints; empty: the system's
};

// certes relay.
struct RelaySettings {
  std::string listen = "127.0.0.1:9630";
  bool any_network = false;  // may listen elsewhere than on loopback
  std::string spool;         // directory; empty: DATA/relay
  std::int64_t max_bytes = 1ll << 30;
  std::int64_t max_events = 1'000'000;
  std::int64_t max_body_bytes = (1 << 20) - 4'096;  // the gateway's, less what forwarding adds
  std::string gateway_url = "http://127.0.0.1:9600";
  std::string api_url;  // Master API to read policies from; empty: none
  std::string key_file, ca_file, policies_file;
  int connections = 4;
  int batch_events = 100;
  double request_timeout_seconds = 30;
};

struct DeduplicationSettings {
  double seconds = 86'400;
  std::int64_t ids = 1'000'000;  // per partition
  // Kafka only: on the embedded log the index is in the file.
  std::int64_t memory_bytes = 512ll << 20;  // of a gateway's index, and of a dispatcher's
  std::int64_t read_back = 100'000;         // records of each partition, when a gateway or an owner starts
  std::int64_t read_back_bytes = 64 << 20;  // of each partition, the same
  double read_back_seconds = 30;            // how long a gateway is not ready for it
  bool follow = true;                       // gateways read what others accept
  // Of repeats that are delivered again, because nobody received the first:
  std::int64_t redeliver_ids = 100'000;    // events that nobody received, known to a gateway; 0: none
  std::int64_t redeliver_waiting = 1'000;  // repeats that wait to be looked at
};

// What an Idempotency-Key brings again.
struct IdempotencySettings {
  double seconds = 86'400;
  std::int64_t keys = 100'000;
  std::int64_t memory_bytes = 64ll << 20;
};

struct RegistrySettings {
  bool accept_empty = false;  // follow an empty registry although events are there
};

struct AuditSettings {
  std::int64_t entries = 4'000;  // changes that GET /audit knows
};

struct CommandSettings {
  double result_seconds = 3'600;                // for the result of a command that was answered 202
  std::int64_t awaiting_bytes = 32 << 20;       // of commands that await theirs, in each dispatcher
  double search_seconds = 2;                    // for looking a command up on the log
  int search_threads = 4;                       // of a gateway, that do so
  int max_searches = 1'024;                     // that wait for one of these; above: 503
  std::int64_t search_memory_bytes = 32 << 20;  // of commands that were looked up, in each gateway
  std::int64_t absent_memory_bytes = 4 << 20;   // of those that were not there
  int reply_concurrency = 64;                   // requests at once to a tenant's URLs in reply_to
  double reply_timeout_seconds = 15;            // of one of these
};

struct Settings {
  std::string data = "certes-data";
  bool dev = false;
  std::vector<std::string> allow_from;  // --dev: CIDRs besides loopback that need no key
  std::vector<std::string> dev_hosts;   // dev.hosts: names in Host that need none
  double shutdown_delay_seconds = 0;
  double drain_seconds = 25;
  std::string log_level = "info";   // log.level
  std::string log_format = "text";  // log.format
  bool core_dumps = false;          // debug.core_dumps
  int metrics_endpoints = 200;
  std::string metrics_listen;  // metrics.listen; empty: every listener shows them
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
  RelaySettings relay;
  CommandSettings commands;
  IdempotencySettings idempotency;
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
