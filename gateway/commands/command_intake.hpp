#pragma once
// Command intake: one loop's way of commands: POST /commands/{name} to the log, GET /commands/{id} from it, and the
// results that services post. Who: Gateway, one per loop. Confined to its loop; what must read the log is asked of the
// searcher.

#include <string>
#include <string_view>

#include "common/base/ids.hpp"
#include "common/event/json_document.hpp"
#include "gateway/commands/bindings.hpp"
#include "gateway/commands/searcher.hpp"
#include "gateway/ingest/acceptor.hpp"
#include "gateway/ingest/intake.hpp"

namespace certes::gateway::commands {

class CommandIntake {
 public:
  CommandIntake(http::Loop& loop, const Dependencies& dependencies, ingest::Intake& intake, Searcher& searcher,
                ingest::IngestMetrics& metrics);

  // POST /commands/{name}
  void accept(const http::Request& request, const Visit& visit, http::Exchange exchange);
  // GET /commands/{id}
  void show(const http::Request& request, const Visit& visit, http::Exchange exchange);
  // POST /commands/{id}/result?status=
  void take_result(const http::Request& request, const Visit& visit, http::Exchange exchange);
  // POST /commands/reply-secret: shows what replies are signed with
  void show_secret(const http::Request& request, const Visit& visit, http::Exchange exchange);

 private:
  // A command whose JSON has been read.
  struct Sent {
    const http::Request& request;
    const Caller& caller;
    std::string_view name;
    std::uint32_t hops;
    Result<event::Event> command;
  };
  void hand_over(const http::Request& request, const Visit& visit, std::uint32_t hops, http::Exchange exchange);
  void settle(Sent&& sent, http::Exchange exchange);
  Result<void> complete(const Sent& sent, event::Event& command);
  Result<void> check_name(const registry::StatePtr& state, const std::string& tenant, std::string_view name);
  std::int32_t choose_place(event::Event& command);
  // `tenant`: "" where it is not at hand.
  void refuse(std::string_view tenant, const Error& error, http::Exchange exchange);
  void not_found_out(const Error& error, http::Exchange exchange);
  void result_found(const log::StoredRecord& result, http::Exchange exchange);

  http::Loop& loop_;
  const Dependencies& dependencies_;
  ingest::Intake& intake_;
  ingest::Acceptor& acceptor_;
  Searcher& searcher_;
  ingest::IngestMetrics& metrics_;
  IdGenerator ids_;
  Bindings bindings_;
  event::JsonDocument document_;
};

}  // namespace certes::gateway::commands
