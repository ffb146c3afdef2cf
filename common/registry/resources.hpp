#pragma once
// The resources that users declare, as the services see them: checked, with defaults filled in, secrets still sealed.
// Who: registry (makes them from JSON), gateway, dispatcher, API. Immutable once in a State; any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/backoff/policy.hpp"
#include "common/base/clock.hpp"
#include "common/registry/asked.hpp"
#include "common/registry/job.hpp"
#include "common/registry/persistent_map.hpp"

namespace certes::filter {
struct Program;
}  // namespace certes::filter
namespace certes::transform {
struct Program;
}  // namespace certes::transform

namespace certes::registry {

inline constexpr std::string_view kDefaultTenant = "default";

enum class Priority : std::uint8_t { critical, high, normal, low, bulk };
inline constexpr int kPriorities = 5;
std::string_view to_string(Priority priority);
std::optional<Priority> parse_priority(std::string_view text);

// What every resource has. `kind`: "sources", "endpoints", … as in the API's paths.
struct Meta {
  std::string tenant = "default";
  std::string id;
  std::int64_t version = 0;  // counts its changes; the ETag
  UnixMillis created_at = 0;
  UnixMillis updated_at = 0;
  std::string created_by;
  std::string updated_by;
  // As the log has it, byte for byte; null: not on the log yet.
  std::shared_ptr<const std::string> body;
  std::string unknown;                      // its members that this version does not know, as a JSON object; or empty
  std::vector<std::string> not_understood;  // pointers of members that hold what cannot be: they count as not set
};

// What a file may declare. `owner`: who has declared it (certes apply --owner); empty: nobody has.
struct Declared : Meta {
  std::string owner;
};

// What stands there and cannot be used by this version, as a part of it that matters is not understood: it is shown and
// kept. An endpoint is in State::endpoints too, paused, so that what waits for it goes on waiting.
struct Unusable : Meta {
  std::string kind;
  std::string reason;
};

// The name of a resource in the registry: "default/endpoints/billing".
std::string registry_key(std::string_view tenant, std::string_view kind, std::string_view id);

// A secret, sealed with the installation's key (crypto/sealing.hpp). Never shown, never in the log in the clear.
using SealedSecret = std::string;
inline constexpr std::string_view kSealedPrefix = "sealed:";

// How much a tenant may have. Nothing: no limit. events_per_second is enforced where events are accepted.
struct Quotas {
  std::optional<std::int64_t> sources, endpoints, subscriptions, keys, event_types;
  std::optional<double> events_per_second;
};

inline constexpr int kMostWeight = 100;

struct Tenant : Meta {
  int weight = 1;                              // 1 to kMostWeight: its share of a class, beside other tenants'
  Priority max_priority = Priority::critical;  // the highest that its subscriptions may have
  Quotas quotas;
};

// How a source's webhooks are verified. Which members a scheme has: schemes.hpp.
struct Verify {
  std::string scheme = "none";
  std::vector<SealedSecret> secrets;
  std::int64_t tolerance_seconds = 0;  // 0: the scheme's
  std::string url;                     // as the provider calls it, where the signature covers it; empty: the request's
  std::string header;                  // that holds the signature or the value
  std::string pointer;                 // scheme value: JSON pointer into the body, in place of a header
  std::string prefix;                  // of the signature in its header
  std::string algorithm = "sha256";    // sha1, sha256, sha512
  std::string encoding = "hex";        // hex, base64
  std::string signed_parts = "{body}";
  std::string timestamp;      // the header that holds the time of the signature
  SealedSecret verify_token;  // of Meta's handshake
};

// What the provider is answered. What is not set is the scheme's.
struct SourceResponse {
  int status = 0;
  std::optional<std::string> body;  // else JSON with the event's id
  std::string content_type;         // of that body
};

struct Source : Declared {
  Verify verify;
  std::string type_from, id_from, key_from, subject_from;  // empty: the preset's
  std::vector<std::string> forward_headers;                // lower case; with the preset's
  SourceResponse response;
  bool deduplicate = true;
  bool quarantine_invalid = false;  // what breaks its type's schema becomes a dead letter, and is not refused
  std::string backoff_policy;
  std::string producer_backoff_policy;
  double rate_per_second = 0;  // 0: no limit
  // Types whose first word is its id come through it alone. Where nothing is said: as exclusive_by_default.
  bool exclusive = false;

  // Whether the provider's signature is made anew for late attempts. Unsaid: where nobody else may write to the log.
  enum class SignatureTolerance : std::uint8_t { unsaid, resign, keep };
  SignatureTolerance signature_tolerance = SignatureTolerance::unsaid;

  bool exclusive_by_default() const { return verify.scheme != "none"; }
};

enum class EndpointState : std::uint8_t { active, paused, disabled };
std::string_view to_string(EndpointState state);
std::optional<EndpointState> parse_endpoint_state(std::string_view text);

// While an endpoint was paused or disabled: from the change that said so to the one that ended it, by their append
// times and their offsets in the registry's topic. With an event's stamp and append time they decide what becomes of
// the event, so that no restart changes that.
struct StateInterval {
  EndpointState state = EndpointState::disabled;
  UnixMillis from = 0;
  UnixMillis to = 0;                            // 0: it lasts
  std::string by;                               // who said so: kByCertes, or a caller
  std::int64_t from_offset = 0, to_offset = 0;  // to_offset only once it is over
};
inline constexpr std::string_view kByCertes = "certes";  // of what Certes changes by itself

// When an endpoint that fails gets nothing but a probe, and how often. 0 failures, or a ratio of 0: not for that.
struct BreakerSettings {
  int failures = 10;      // in a row
  double ratio = 0.5;     // of the requests of a window, where there were
  int min_requests = 20;  // so many
  double window_seconds = 60;
  double probe_seconds = 5;  // until the first probe; each that fails doubles it
  double max_probe_seconds = 300;
  bool operator==(const BreakerSettings&) const = default;
};

inline constexpr double kDisableAfterSeconds = 5 * 86'400;

// Which of an endpoint's events wait for one another: those of a partition key, or of a partition of the log.
enum class Ordering : std::uint8_t { none, key, all };
std::string_view to_string(Ordering ordering);

// What the body of an endpoint's requests is: the event's data byte for byte; a CloudEvent in JSON; or
// {"type","timestamp","data"}, as Standard Webhooks have it.
enum class BodyFormat : std::uint8_t { binary, structured, standard };
std::string_view to_string(BodyFormat format);

// How an endpoint's requests say who sends them, and what of TLS is its own.
struct EndpointAuth;  // endpoint_auth.hpp
struct EndpointTls;   // endpoint_tls.hpp

struct Endpoint : Declared {
  // As it was declared: one URL, or the list of its workers', which then has one at least.
  std::string url;
  std::vector<std::string> urls;
  std::span<const std::string> worker_urls() const { return urls.empty() ? std::span(&url, 1) : std::span(urls); }
  int concurrency = 64;  // of each
  double timeout_seconds = 15;
  double rate_per_second = 0;  // 0: no limit
  Ordering ordering = Ordering::none;
  std::optional<BreakerSettings> breaker;  // none: it never opens. Where nothing is said: as BreakerSettings is
  // After so long with nothing but failure it is disabled; 0: never. Where nothing is said: kDisableAfterSeconds.
  double disable_after_seconds = 0;
  std::string backoff_policy;  // empty: the next nearest
  std::vector<std::pair<std::string, SealedSecret>> headers;
  // The newest first; the others sign along until they expire (0: never).
  struct SigningSecret {
    SealedSecret secret;
    UnixMillis expires_at = 0;
  };
  std::vector<SigningSecret> secrets;
  // By which names requests are signed: webhook-…, svix-…; at least one.
  bool signs_standard = true, signs_svix = false;
  BodyFormat format = BodyFormat::binary;
  std::shared_ptr<const transform::Program> transform;  // of what it is sent, where its subscription has none; or null
  std::string transform_json;                           // the same as it was declared; empty: none
  std::shared_ptr<const EndpointAuth> auth;             // these two: null where nothing is said
  std::shared_ptr<const EndpointTls> tls;
  std::string description;                                    // for people
  std::vector<std::pair<std::string, std::string>> metadata;  // for their programs
  std::vector<int> retry_on, dead_letter_on;                  // statuses
  EndpointState state = EndpointState::active;                // in its envelope on the log
  std::string disabled_reason;                                // "gone" after a 410, "failing", "user"
  // As the registry's followers keep them, the oldest first.
  std::vector<StateInterval> intervals;
  std::vector<Purge> purges;
  std::vector<Retry> retries;
  // What the change to this version asks for besides: on the log they are among the above.
  std::optional<Purge> asked_purge;
  std::optional<Retry> asked_retry;
};

// What a resource's secrets are sealed with, so that none opens in another's place: "tenant/endpoints/id", and the same
// with the header's name, in lower case.
std::string seal_context(const Endpoint& endpoint);
std::string seal_context(const Source& source);
std::string header_seal_context(const Endpoint& endpoint, std::string_view header);
// Of ASCII letters.
std::string lower_case(std::string_view text);

// Which of the bus: three virtual buses on one topic.
enum class EventKind : std::uint8_t { event, command, result };
inline constexpr int kEventKinds = 3;
std::string_view to_string(EventKind kind);
std::optional<EventKind> parse_event_kind(std::string_view text);

// What becomes of an event for which a filter gives neither true nor false.
enum class OnFilterError : std::uint8_t { skip, deliver, dead_letter };
std::string_view to_string(OnFilterError on_error);

struct Subscription : Declared {
  std::string endpoint;
  EventKind kind = EventKind::event;
  std::string pattern;  // of kind command: overlaps no other of that kind
  Priority priority = Priority::normal;
  std::string backoff_policy;  // empty: the endpoint's
  // Of the default tenant's: whose events about Certes it takes. Empty: its own; kAllTenants alone: everybody's.
  std::vector<std::string> tenants;
  // Of what it matches, which it takes; null: all.
  std::shared_ptr<const filter::Program> filter;
  std::string filter_json;  // the same as it was declared; empty: none
  OnFilterError on_filter_error = OnFilterError::skip;
  std::shared_ptr<const transform::Program> transform;  // null: the endpoint's
  std::string transform_json;                           // the same as it was declared; empty: none

  // Whether a tenant's events are for it, by their tenant alone.
  bool takes_of(std::string_view of) const;
};
inline constexpr std::string_view kAllTenants = "*";

// When what has become a dead letter is sent again by itself, and how often until it is given up for good.
struct Reprocess {
  double every_seconds = 0;
  std::uint32_t max_attempts = 1;  // replays of one event for one endpoint, whoever has asked for them
};

struct BackoffPolicy : Declared, backoff::Policy {
  std::optional<Reprocess> reprocess;  // nothing: not by itself
};

// The default: 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h with equal jitter.
const BackoffPolicy& default_backoff_policy();

// A type of events, by name: its schema, and what holds for all events of that type.
struct EventType : Declared {
  enum class Compatibility : std::uint8_t { none, backward, forward, full };
  enum class Below : std::uint8_t { inherit, open, strict };
  // A schema as it stood from a change on. Numbered from 1; without a schema the text is empty.
  struct Version {
    std::int64_t number = 0;
    std::string schema;
    UnixMillis created_at = 0;
    std::string created_by;
  };
  static constexpr std::size_t kMaxSchemaBytes = 32u << 10;
  static constexpr std::size_t kMaxVersions = 16;  // kept, the newest last

  std::string schema;  // JSON Schema as compact JSON; empty: any data
  std::int64_t schema_version = 0;
  Compatibility compatibility = Compatibility::none;
  Below unknown_below = Below::inherit;  // types NAME.… that are not declared
  std::string backoff_policy;            // empty: the next nearest
  std::string producer_backoff_policy;
  std::vector<Version> versions;
  bool built_in = false;  // Certes' own: in no log, and nobody's to change
};

struct Key : Meta {
  // Texts from before a rotation, good until they expire.
  struct Former {
    std::string hash;
    UnixMillis expires_at = 0;
  };
  std::string hash;                  // hex SHA-256 of the key's text
  std::vector<Former> former;        // the newest first
  std::vector<std::string> scopes;   // "events:write", …; "*" for the first
  std::vector<std::string> sources;  // whose names it publishes under; empty: bound to none
  UnixMillis expires_at = 0;         // 0: never
  double rate_per_second = 0;        // of events; 0: no limit

  // When the text with this hash expires; 0: never.
  UnixMillis expiry_of(std::string_view presented) const;
};

// Long work that was asked for through the Master API, and is gone on with by whatever process of it is there: what is
// to be done, how it stands, how far it is. Users make and steer it by actions (api/jobs), and never put it.
struct Job : Meta {
  JobKind kind = JobKind::replay_events;
  JobFilter filter;                  // without a member: all there is
  std::string endpoint;              // to which alone; empty: to whoever subscribes
  double rate_per_second = 0;        // 0: no limit
  std::optional<Priority> priority;  // of what it sends; nothing: as the subscriptions say
  bool again = false;                // of dead letters: those too that were sent again before
  JobState state;
  JobProgress progress;
  UnixMillis ended_at = 0;  // 0: it has not
};

// What the installation knows of itself: a known text, sealed by its first process, so that the others notice a wrong
// sealing key when they start. Not shown by the API.
struct Installation : Meta {
  SealedSecret check;
};

// All resources at one position of the registry topic: immutable, shared. A copy costs a reference for each kind, and
// who holds an older one, however much older, finds what has changed since by Map::difference, in the time that the
// changes take and not the resources.
struct State {
  template <class T>
  using Map = PersistentMap<std::shared_ptr<const T>>;  // by "tenant/id", hence sorted per tenant
  Map<Tenant> tenants;
  Map<Source> sources;
  Map<Endpoint> endpoints;
  Map<Subscription> subscriptions;
  Map<BackoffPolicy> backoff_policies;
  Map<EventType> event_types;
  Map<Key> keys;
  Map<Installation> installation;
  Map<Job> jobs;
  Map<Key> keys_by_hash;                                   // former ones too
  Map<Unusable> unusable;                                  // by registry_key
  PersistentMap<std::vector<std::string>> not_understood;  // members of others, by registry_key
  std::int64_t position = 0;  // the next offset of the registry topic; of a log that was replaced, a lower one again
  std::uint64_t number = 0;   // rises with each that a process publishes: of two, the newer has the higher one

  // Nothing if there is none.
  std::shared_ptr<const Tenant> tenant(std::string_view id) const;
  std::shared_ptr<const Key> key(std::string_view tenant, std::string_view id) const;
  std::shared_ptr<const Source> source(std::string_view tenant, std::string_view id) const;
  std::shared_ptr<const Endpoint> endpoint(std::string_view tenant, std::string_view id) const;
  std::shared_ptr<const Subscription> subscription(std::string_view tenant, std::string_view id) const;
  std::shared_ptr<const BackoffPolicy> backoff_policy(std::string_view tenant, std::string_view id) const;
  std::shared_ptr<const EventType> event_type(std::string_view tenant, std::string_view id) const;
  std::shared_ptr<const Job> job(std::string_view tenant, std::string_view id) const;
};
using StatePtr = std::shared_ptr<const State>;

}  // namespace certes::registry
