#pragma once
// One request to the Master API, as its handlers see it: authenticated, allowed by scope, with a state that holds all
// that was answered before it. Who: api. Handlers run on the listener's workers and may block.

#include <functional>
#include <string>
#include <string_view>

#include "api/backups/backups.hpp"
#include "api/dead_letter_ids.hpp"
#include "api/erase/erased.hpp"
#include "api/history/history.hpp"
#include "api/table.hpp"
#include "api/turns.hpp"
#include "common/base/ids.hpp"
#include "common/base/mutex.hpp"
#include "common/questions/asker.hpp"
#include "common/questions/heard.hpp"
#include "gateway/access/caller.hpp"
#include "gateway/access/clients.hpp"
#include "gateway/access/dependencies.hpp"

namespace certes::api {

using gateway::Caller;
using gateway::Clients;
using gateway::Dependencies;
using gateway::Route;

// What the handlers share. Any thread.
class Services {
 public:
  explicit Services(const Dependencies& dependencies);
  std::string new_id(std::string_view prefix);
  // The registry's state, with every change that was decided anywhere before this call; after two seconds without the
  // log, the last known.
  registry::StatePtr fresh_state() const;
  // How long a delivery may be open; 0: for ever.
  Millis max_wait() const { return deps.settings.retention.max_wait; }
  const Dependencies deps;
  const Clients clients;
  const DeadLetterIds dead_letter_ids;
  const ErasureMacs erasure_macs;
  questions::Asker& asker;
  // Answers that say where to go on, because of api.page_bytes and api.scan_….
  metrics::Counter cut_pages, cut_scans;
  // Questions to dispatchers, by what their answers cover.
  metrics::Counter asked_whole, asked_partial, asked_refused;
  metrics::Counter jobs_refused;
  // Who has answered for overviews.
  questions::Heard heard;
  Turns replay_turns;
  // What became of events; null: this process keeps none.
  const std::unique_ptr<history::History> history;
  // Copies of the log; null: it is not this process' to copy.
  const std::unique_ptr<Backups> backups;
  // Held while what may take away the last key that may do everything is judged, and until that is decided.
  Mutex administration;

 private:
  questions::Asker asks_nobody_;
  Mutex mutex_;
  IdGenerator ids_ CERTES_GUARDED_BY(mutex_);
};

struct Call {
  const http::Request& request;
  std::string_view pattern;
  Caller caller;
  std::string tenant;  // whose resources it is about
  registry::StatePtr state;

  // A part of the path, or the query; nothing where it is not there.
  std::optional<std::string> path(std::string_view name) const {
    return http::path_parameter(pattern, request.path, name);
  }
  std::optional<std::string> query(std::string_view name) const { return http::query_parameter(request.query, name); }
  // Who makes a change: the key's id, with its tenant before it where that is not the resource's: "default/admin".
  std::string by(std::string_view owner) const {
    return caller.tenant == owner ? caller.key : caller.tenant + "/" + caller.key;
  }
};

// A request's way, from the listener (api.cpp). On its loop, by its header and the state that is there: what is refused
// at once, perhaps before the body has come, or whose share of the workers it takes. On a worker, with a state that
// holds all that was answered before: the door, then the handler.
http::Entrance enter(const Route& route, const http::Request& request, Services& services);
http::Response serve(const Route& route, const http::Request& request, Services& services, ApiHandler handler);
http::PooledAnswer serve(const Route& route, const http::Request& request, Services& services, ApiSteps begin);

http::Response json_response(int status, std::string body);

// ?limit=, from 1 to 1,000, 100 if it is not there.
Result<std::size_t> limit_of(const Call& call);

}  // namespace certes::api
