#pragma once
// What a command line asks for, as values. Made by parse (cli.hpp); each command takes its own struct.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/config/settings.hpp"

namespace certes::command {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;       // refused or failed, in another way than below
inline constexpr int kExitUsage = 2;         // of the command line
inline constexpr int kExitNotReachable = 3;  // nobody answers there, or not now (503)
inline constexpr int kExitNotFound = 4;      // 404
inline constexpr int kExitNotAllowed = 5;    // 401, 403
inline constexpr int kExitTimedOut = 6;
inline constexpr int kExitDifferences = 10;  // apply --dry-run

enum class Role : std::uint8_t { serve, gateway, dispatcher, api };

struct ServeOptions {
  Role role = Role::serve;
  config::Sources sources;
  std::string print_ports;  // file; empty: none
};

// Where client commands go, and how they print.
struct Connection {
  std::string url = "http://127.0.0.1:9610";          // Master API
  std::string gateway_url = "http://127.0.0.1:9600";  // events
  std::string key;
  std::string key_file;
  std::string ca_file;  // authorities for https; empty: the system's
  std::string tenant;   // whose resources and events; empty: the key's
  bool json = false;
};

struct SendOptions {
  Connection connection;
  std::string type;
  std::string data;          // JSON or text, "@FILE", "-"; empty: none
  bool text = false;         // it is a string, whatever it looks like
  std::string content_type;  // of data that goes out byte for byte; empty: it is JSON
  std::string id, source, subject, partition_key;
  double retry_seconds = 5;        // how long to try; 0: once
  std::uint32_t max_attempts = 0;  // 0: as often as fits
  std::string spool;               // directory where it waits if it is not accepted; empty: nowhere
};

struct RelayRunOptions {
  config::Sources sources;
  std::string print_ports;  // file; empty: none
};

// Asks a running relay.
struct RelayControlOptions {
  std::string url = "http://127.0.0.1:9630";
  std::string action;  // status, list, retry, drop
  std::vector<std::int64_t> numbers;
  bool all = false;
  bool json = false;
};

struct CommandOptions {
  Connection connection;
  std::string name;   // Service.VerbObject
  std::string data;   // JSON or text, "@FILE", "-"; empty: none
  bool text = false;  // it is a string, whatever it looks like
  std::string id, reply_to, conversation_id, cause_id;
  bool wait = false;  // for the result
  double wait_seconds = 60;
};

// A filter on an event: on one that is given, or that has come.
struct TryOptions {
  Connection connection;
  std::string filter;     // an expression, or an object of operators; "@FILE", "-"
  std::string data;       // JSON, "@FILE", "-"; empty: of the event with that id
  std::string transform;  // an object; "@FILE", "-"; empty: none
  std::string type = "example";
  std::string event_id;
};

struct ListenOptions {
  Connection connection;
  std::string pattern = "#";
  std::string to;           // URL that each is posted to; empty: none
  std::uint64_t count = 0;  // end after so many events; 0: at a signal
};

struct ApplyOptions {
  Connection connection;
  std::vector<std::string> files;  // files, directories, "-"
  std::string owner = "apply";     // of what names none itself
  bool prune = false;              // removes what this owner has declared before, and not now
  bool force = false;              // takes over what another owner has declared
  bool dry_run = false;
};
struct ExportOptions {
  Connection connection;
  std::string owner;  // of this one alone; empty: of all, and of nobody
};

struct ConfigCheckOptions {
  config::Sources sources;
  bool json = false;
};
// Of a process that runs.
struct ConfigOptions {
  Connection connection;
  std::string action;               // list, set, reset
  std::vector<std::string> values;  // NAME=VALUE, or names
  bool changed = false;             // those alone that are not as they are by default
};
struct BackupOptions {
  Connection connection;
  std::string action;  // make, list, show, delete
  std::string name;    // empty: made of the time
  bool wait = true;    // until it is done
};
struct RestoreOptions {
  config::Sources sources;
  std::string file;
  bool force = false;  // a log that is there is moved aside
  bool json = false;
};
struct EraseOptions {
  Connection connection;
  std::string event;  // or these two
  std::string source, subject;
  bool dry_run = false;  // how much that would be
  bool wait = true;      // until it is done
  bool yes = false;      // nobody is asked
};
struct DoctorOptions {
  Connection connection;
};
struct TopicsOptions {
  config::Sources sources;
  bool json = false;
  bool check = false;  // of the cluster, instead of printing
};
// Of one partition of events.
struct ProgressSkipOptions {
  config::Sources sources;
  bool json = false;
  std::int32_t partition = 0;
  std::string to;  // an offset, "end"
  bool dry_run = false;
};
struct VersionOptions {};

// One act on a resource of the Master API.
struct ResourceOptions {
  Connection connection;
  std::string kind;    // "sources", … as in the API's paths
  std::string action;  // list, show, create, update, delete, rotate; pause, resume, rotate-secret, purge, retry, stats;
                       // refused
  std::string id;
  std::vector<std::string> fields;  // NAME=VALUE
  std::string body;                 // JSON, "@FILE", "-"; empty: fields alone
  bool cascade = false;             // delete
  double grace_seconds = 86'400;    // rotate
  bool all = false;                 // purge: what waits, or what these three say
  std::vector<std::string> priorities;
  std::string before, pattern;
  std::string since;        // retry; empty: whenever it has failed
  bool payload = false;     // refused: with the beginning of bodies
  std::size_t limit = 100;  // refused
};

struct AuditOptions {
  Connection connection;
  std::string kind, id, by, from, to;  // empty: any
  std::size_t limit = 50;              // 0: all there is
};

// Which events; empty: any.
struct EventFilter {
  std::string type, source, source_id, state, endpoint, conversation, text, from, to;
};

// What became of events.
struct EventOptions {
  Connection connection;
  std::string action;  // list, show, attempts, explain, replay
  std::string id;
  std::string endpoint;          // explain: whose delivery
  EventFilter filter;            // of a list
  std::size_t limit = 50;        // 0: all there are
  std::string target, priority;  // replay: to which endpoint alone; in which class
  bool again = false;            // replay: though it was before
};

// Jobs, and those of them that replay.
struct JobOptions {
  Connection connection;
  std::string kind;    // "jobs", "replays", as in the API's paths
  std::string action;  // list, show, create, pause, resume, cancel
  std::string id;
  std::string state;             // of a list; empty: any
  std::size_t limit = 50;        // 0: all there are
  EventFilter filter;            // create
  bool all = false;              // the same: whatever there is
  std::string target, priority;  // as of EventOptions
  double rate = 0;               // a second; 0: no limit
  bool dry_run = false;          // how many it would be
  bool wait = false;             // until it has ended
};

// What GET /stream shows.
struct TailOptions {
  Connection connection;
  std::string kinds = "event,command,result";
  std::string pattern = "#";
  std::string after;        // an id of the stream; empty: from now on
  std::uint64_t count = 0;  // end after so many; 0: at a signal
};

struct TopOptions {
  Connection connection;
  bool all_tenants = false;
  double interval_seconds = 2;
  bool once = false;
  std::size_t columns = 100;  // where it is printed to no terminal
};

struct DeadLetterOptions {
  Connection connection;
  std::string action;  // list, show, replay, discard
  std::vector<std::string> ids;
  std::string state;                                            // of a list; empty: any
  std::string endpoint, delivery, type, rule, event, from, to;  // of a list, or a replay of many; empty: any
  std::size_t limit = 0;
  bool all = false;                  // replay, discard
  bool again = false;                // replay: what was replayed before, too
  std::string data;                  // replay: corrected
  std::vector<std::string> headers;  // replay of one: NAME=VALUE, or NAME= to take it away
  std::string priority;
  double rate = 0;       // replay of many: a second; 0: no limit
  bool dry_run = false;  // the same: how many it would be
  bool no_wait = false;  // the same: until it has ended
};

using Command = std::variant<ServeOptions, SendOptions, CommandOptions, ListenOptions, ApplyOptions, ExportOptions,
                             ConfigCheckOptions, TopicsOptions, ProgressSkipOptions, VersionOptions, ResourceOptions,
                             DeadLetterOptions, AuditOptions, EventOptions, ConfigOptions, DoctorOptions, JobOptions,
                             BackupOptions, EraseOptions, RestoreOptions, RelayRunOptions, RelayControlOptions,
                             TailOptions, TopOptions, TryOptions>;

}  // namespace certes::command
