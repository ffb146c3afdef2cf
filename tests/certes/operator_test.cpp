// The operator's commands against a service of prepared answers: what they ask, and how they end.
#include <doctest/doctest.h>

#include "certes/commands/commands.hpp"
#include "tests/client/canned_server.hpp"
#include "tests/common/config/files.hpp"

using namespace certes;
using namespace certes::command;
using testing::CannedServer;
using testing::Directory;

namespace {

const std::string kEndpoint = "[[endpoints]]\nid = \"e\"\nurl = \"http://x/\"\n";

ApplyOptions apply_of(const CannedServer& server, const std::string& file, bool dry_run = false) {
  ApplyOptions options;
  options.connection.url = server.url();
  options.files = {file};
  options.dry_run = dry_run;
  return options;
}

}  // namespace

TEST_CASE("apply: what is missing is put, whole") {
  const Directory directory;
  const std::string file = directory.write("f.toml", kEndpoint);
  CannedServer server({{404, "{}"}, {201, R"({"id":"e","version":1,"secret":"whsec_x"})"}});
  CHECK(run_command(apply_of(server, file)) == kExitOk);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].starts_with("GET /api/v1/endpoints/e "));
  CHECK(requests[1].starts_with("PUT /api/v1/endpoints/e "));
  CHECK(requests[1].ends_with(R"({"url":"http://x/","owner":"apply"})"));
}

TEST_CASE("apply: what is there already is left alone") {
  const Directory directory;
  directory.write("f.toml", kEndpoint);
  CannedServer server({{200, R"({"id":"e","url":"http://x/","concurrency":64,"owner":"apply","version":4})"}});
  CHECK(run_command(apply_of(server, directory.path())) == kExitOk);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("apply: a secret is left to the service to compare") {
  const Directory directory;
  const std::string file = directory.write("f.toml", kEndpoint + "secret = \"whsec_x\"\n");
  CannedServer server({{200, R"({"id":"e","url":"http://x/","owner":"apply","version":4})"},
                       {200, R"({"id":"e","url":"http://x/","owner":"apply","version":4})"}});
  CHECK(run_command(apply_of(server, file)) == kExitOk);
  CHECK(server.requests().at(1).ends_with(R"({"url":"http://x/","secret":"whsec_x","owner":"apply"})"));
}

TEST_CASE("apply: a dry run changes nothing and says by its status whether something would change") {
  const Directory directory;
  const std::string file = directory.write("f.toml", kEndpoint);
  CannedServer differs({{200, R"({"id":"e","url":"http://y/"})"}, {200, R"({"id":"e","url":"http://x/"})"}});
  CHECK(run_command(apply_of(differs, file, true)) == kExitDifferences);
  REQUIRE(differs.requests().size() == 2);
  CHECK(differs.requests()[1].starts_with("PUT /api/v1/endpoints/e?dry_run=true "));
  CannedServer same({{200, R"({"id":"e","url":"http://x/","owner":"apply"})"}});
  CHECK(run_command(apply_of(same, file, true)) == kExitOk);
}

TEST_CASE("apply: nothing is asked where a file is wrong, and nothing is put where an endpoint is missing") {
  const Directory directory;
  directory.write("a.toml", kEndpoint);
  directory.write("b.toml", "[[sources]]\nverfy = 1\n");
  CannedServer unasked({});
  CHECK(run_command(apply_of(unasked, directory.path())) == kExitFailure);
  const std::string file =
      directory.write("c.toml", "[[subscriptions]]\nid = \"s\"\nendpoint = \"nobody\"\npattern = \"#\"\n");
  CannedServer server({{404, "{}"}});
  CHECK(run_command(apply_of(server, file)) == kExitFailure);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("apply: nothing is put where one of several would be refused") {
  const Directory directory;
  const std::string file =
      directory.write("f.toml", kEndpoint + "[[endpoints]]\nid = \"f\"\nurl = \"http://10.1.2.3/\"\n");
  CannedServer server({{404, "{}"}, {404, "{}"}, {200, "{}"}, {400, R"({"detail":"no","pointer":"/url"})"}});
  CHECK(run_command(apply_of(server, file)) == kExitFailure);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 4);
  CHECK(requests[2].starts_with("PUT /api/v1/endpoints/e?dry_run=true "));
  CHECK(requests[3].starts_with("PUT /api/v1/endpoints/f?dry_run=true "));
}

TEST_CASE("apply: a dry run sees another secret") {
  const Directory directory;
  const std::string file = directory.write("f.toml", kEndpoint + "secret = \"whsec_x\"\n");
  const std::string there = R"({"id":"e","url":"http://x/","owner":"apply","version":4})";
  CannedServer other({{200, there}, {200, R"({"id":"e","url":"http://x/","owner":"apply","version":0})"}});
  CHECK(run_command(apply_of(other, file, true)) == kExitDifferences);
  CannedServer same({{200, there}, {200, there}});
  CHECK(run_command(apply_of(same, file, true)) == kExitOk);
}

TEST_CASE("apply: a refusal ends it") {
  const Directory directory;
  const std::string file = directory.write("f.toml", kEndpoint);
  CannedServer server({{404, "{}"}, {400, R"({"detail":"no","pointer":"/url"})"}});
  CHECK(run_command(apply_of(server, file)) == kExitFailure);
}

TEST_CASE("send: posts the event as JSON, text as a string") {
  CannedServer server({{202, R"({"id":"evt_1","status":"accepted"})"}, {202, "{}"}, {400, "{}"}});
  SendOptions options;
  options.connection.gateway_url = server.url();
  options.type = "order.created";
  options.data = R"({"total":42})";
  options.id = "mine";
  CHECK(run_command(options) == kExitOk);
  options.id.clear();
  options.data = "hello";
  CHECK(run_command(options) == kExitOk);
  CHECK(run_command(options) == kExitFailure);
  const auto requests = server.requests();
  CHECK(requests.at(0).starts_with("POST /events "));
  CHECK(requests.at(0).find(R"({"type":"order.created","id":"mine","time":")") != std::string::npos);
  CHECK(requests.at(0).ends_with(R"("data":{"total":42}})"));
  CHECK(requests.at(1).ends_with(R"("data":"hello"})"));
}

TEST_CASE("send: what looks like JSON and is none, or is no text, is refused and not sent") {
  CannedServer server({{202, "{}"}, {202, "{}"}, {202, "{}"}});
  SendOptions options;
  options.connection.gateway_url = server.url();
  options.type = "order.created";
  for (const std::string data : {R"({"bad":)", " [1,2", "\"open", "caf\xe9", "a\x01z", R"({"bad":"\xff"})"}) {
    CAPTURE(data);
    options.data = data;
    CHECK(run_command(options) == kExitFailure);
  }
  options.data = R"({"bad":)";
  options.text = true;
  CHECK(run_command(options) == kExitOk);
  options.text = false;
  options.content_type = "application/octet-stream";
  options.data = "\xff\x01{";
  CHECK(run_command(options) == kExitFailure);  // without a source there is no form for it
  options.source = "urn:x";
  CHECK(run_command(options) == kExitOk);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].ends_with(R"("data":"{\"bad\":"})"));
  CHECK(requests[1].find("application/octet-stream") != std::string::npos);
  CHECK(requests[1].ends_with("\r\n\r\n\xff\x01{"));
}

TEST_CASE("command: its data is as that of send") {
  CannedServer server({{202, R"({"id":"evt_1","status":"accepted"})"}});
  CommandOptions options;
  options.connection.gateway_url = server.url();
  options.name = "Billing.Charge";
  options.data = R"({"bad":)";
  CHECK(run_command(options) == kExitFailure);
  options.text = true;
  CHECK(run_command(options) == kExitOk);
  CHECK(server.requests().back().ends_with(R"("data":"{\"bad\":"})"));
}

TEST_CASE("Resources: each action is one request") {
  CannedServer server({{200, R"({"items":[{"id":"a","verify":{"scheme":"none"}}]})"},
                       {201, R"({"id":"a"})"},
                       {200, R"({"id":"a"})"},
                       {204, ""},
                       {200, "{}"}});
  ResourceOptions options;
  options.connection.url = server.url();
  options.kind = "endpoints";
  for (const char* action : {"list", "create", "update", "delete", "pause"}) {
    options.action = action;
    options.id = std::string_view(action) == "list" ? "" : "a b";
    options.fields = {"concurrency=2"};
    CHECK(run_command(options) == kExitOk);
  }
  const auto requests = server.requests();
  CHECK(requests.at(0).starts_with("GET /api/v1/endpoints?limit=100 "));
  CHECK(requests.at(1).starts_with("POST /api/v1/endpoints "));
  CHECK(requests.at(1).ends_with(R"({"id":"a b","concurrency":2})"));
  CHECK(requests.at(2).starts_with("PATCH /api/v1/endpoints/a%20b "));
  CHECK(requests.at(2).ends_with(R"({"concurrency":2})"));
  CHECK(requests.at(3).starts_with("DELETE /api/v1/endpoints/a%20b "));
  CHECK(requests.at(4).starts_with("POST /api/v1/endpoints/a%20b/pause "));
}

TEST_CASE("Resources: what is asked of all that waits for an endpoint is one request") {
  const std::string asked = R"({"id":"a","purges":[{"at":"T","by":"k"}],"retries":[{"at":"U","by":"k"}]})";
  CannedServer server({{200, asked}, {200, asked}, {200, asked}, {200, asked}});
  ResourceOptions options;
  options.connection.url = server.url();
  options.kind = "endpoints";
  options.id = "a b";
  options.action = "purge";
  options.all = true;
  CHECK(run_command(options) == kExitOk);
  options.all = false;
  options.priorities = {"bulk"};
  options.before = "T";
  options.pattern = "order.#";
  CHECK(run_command(options) == kExitOk);
  options.action = "retry";
  CHECK(run_command(options) == kExitOk);
  options.since = "T";
  CHECK(run_command(options) == kExitOk);
  const auto requests = server.requests();
  CHECK(requests.at(0).starts_with("POST /api/v1/endpoints/a%20b/purge "));
  CHECK(requests.at(0).ends_with(R"({"all":true})"));
  CHECK(requests.at(1).ends_with(R"({"priority":["bulk"],"before":"T","pattern":"order.#"})"));
  CHECK(requests.at(2).starts_with("POST /api/v1/endpoints/a%20b/retry "));
  CHECK(requests.at(2).ends_with("{}"));
  CHECK(requests.at(3).ends_with(R"({"since":"T"})"));
}

TEST_CASE("dead-letters: are replayed one by one, or by a filter") {
  CannedServer server({{202, "{}"},
                       {202, "{}"},
                       {202, R"({"id":"job_1"})"},
                       {200, R"({"id":"job_1","state":"done","done":3})"},
                       {200, R"({"items":[],"next":"p"})"},
                       {200, R"({"items":[{"id":"dl_0_1_f"}],"next":null})"},
                       {202, "{}"},
                       {202, R"({"id":"job_2"})"},
                       {200, R"({"id":"job_2","state":"failed","error":"no"})"},
                       {200, R"({"count":7,"complete":false})"}});
  DeadLetterOptions options;
  options.connection.url = server.url();
  options.action = "replay";
  options.ids = {"a", "b"};
  CHECK(run_command(options) == kExitOk);
  options.ids.clear();
  options.endpoint = "e";
  CHECK(run_command(options) == kExitOk);
  options.endpoint.clear();
  options.ids = {"dlv_a"};
  CHECK(run_command(options) == kExitOk);
  options.ids.clear();
  options.all = options.again = true;
  CHECK(run_command(options) == kExitFailure);
  options.dry_run = true;
  CHECK(run_command(options) == kExitOk);
  const auto requests = server.requests();
  CHECK(requests.at(1).starts_with("POST /api/v1/dead-letters/b/replay "));
  CHECK(requests.at(2).starts_with("POST /api/v1/dead-letters/replay "));
  CHECK(requests.at(2).ends_with(R"({"endpoint":"e"})"));
  CHECK(requests.at(3).starts_with("GET /api/v1/jobs/job_1 "));
  CHECK(requests.at(4).starts_with("GET /api/v1/dead-letters?delivery=dlv_a&"));
  CHECK(requests.at(5).find("after=p") != std::string::npos);
  CHECK(requests.at(6).starts_with("POST /api/v1/dead-letters/dl_0_1_f/replay "));
  CHECK(requests.at(7).ends_with(R"({"all":true,"again":true})"));
  CHECK(requests.at(9).starts_with("POST /api/v1/dead-letters/replay?dry_run=true "));
}

TEST_CASE("apply: what another owner has declared is left alone, unless it is taken over") {
  const Directory directory;
  const std::string file = directory.write("f.toml", kEndpoint);
  const std::string theirs = R"({"id":"e","url":"http://x/","owner":"them","version":4})";
  CannedServer refuses({{200, theirs}});
  CHECK(run_command(apply_of(refuses, file)) == kExitFailure);
  CHECK(refuses.requests().size() == 1);
  CannedServer gives({{200, theirs}, {200, R"({"id":"e","url":"http://x/","owner":"apply","version":5})"}});
  auto options = apply_of(gives, file);
  options.force = true;
  CHECK(run_command(options) == kExitOk);
  CHECK(gives.requests().at(1).ends_with(R"({"url":"http://x/","owner":"apply"})"));
  // A file may say itself whose a resource is.
  CannedServer same({{200, theirs}});
  CHECK(run_command(apply_of(same, directory.write("g.toml", kEndpoint + "owner = \"them\"\n"))) == kExitOk);
  CHECK(same.requests().size() == 1);
}

TEST_CASE("apply: pruning deletes what its owner has declared before, subscriptions first, and nothing else") {
  const Directory directory;
  const std::string file = directory.write("f.toml", kEndpoint);
  const std::string kept = R"({"id":"e","url":"http://x/","owner":"me","version":4})";
  const std::vector<CannedServer::Answer> asked{
      {200, kept},
      {200, R"({"items":[{"id":"s 1","owner":"me"},{"id":"t","owner":"them"},{"id":"u"}]})"},
      {200, R"({"items":[{"id":"e","owner":"me"},{"id":"gone","owner":"me"}]})"},
      {200, R"({"items":[]})"},
      {200, R"({"items":[]})"},
      {200, R"({"items":[{"id":"p","owner":"me"}]})"}};
  CannedServer plan(asked);
  auto options = apply_of(plan, file, true);
  options.owner = "me";
  options.prune = true;
  CHECK(run_command(options) == kExitDifferences);
  CHECK(plan.requests().size() == 6);

  auto answers = asked;
  for (const int status : {204, 404, 204}) answers.push_back({status, ""});
  CannedServer server(answers);
  options.connection.url = server.url();
  options.dry_run = false;
  CHECK(run_command(options) == kExitOk);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 9);
  CHECK(requests[6].starts_with("DELETE /api/v1/subscriptions/s%201 "));
  CHECK(requests[7].starts_with("DELETE /api/v1/endpoints/gone "));  // somebody was faster
  CHECK(requests[8].starts_with("DELETE /api/v1/backoff-policies/p "));
}

TEST_CASE("apply: a file may be JSON in the API's form") {
  const Directory directory;
  const std::string file = directory.write("f.json", R"(
    {"subscriptions": [{"id": "s", "endpoint": "e", "pattern": "#"}],
     "endpoints": [{"id": "e", "url": "http://${x}/", "breaker": null}]})");
  CannedServer server({{404, "{}"}, {404, "{}"}, {200, "{}"}, {200, "{}"}, {201, "{}"}, {201, "{}"}});
  CHECK(run_command(apply_of(server, directory.path())) == kExitOk);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 6);
  CHECK(requests[4].starts_with("PUT /api/v1/endpoints/e "));
  CHECK(requests[4].ends_with(R"({"url":"http://${x}/","breaker":null,"owner":"apply"})"));
  CHECK(requests[5].starts_with("PUT /api/v1/subscriptions/s "));
}

TEST_CASE("Commands: their exit status says in which way they have failed") {
  const auto status_of = [](int answered) {
    CannedServer server({{answered, R"({"detail":"no"})"}});
    ResourceOptions options;
    options.connection.url = server.url();
    options.kind = "endpoints";
    options.action = "show";
    options.id = "e";
    return run_command(options);
  };
  CHECK(status_of(400) == kExitFailure);
  CHECK(status_of(409) == kExitFailure);
  CHECK(status_of(500) == kExitFailure);
  CHECK(status_of(401) == kExitNotAllowed);
  CHECK(status_of(403) == kExitNotAllowed);
  CHECK(status_of(404) == kExitNotFound);
  CHECK(status_of(408) == kExitTimedOut);
  CHECK(status_of(503) == kExitNotReachable);
  SendOptions options;
  options.type = "a.b";
  options.data = "@/nowhere";
  CHECK(run_command(options) == kExitFailure);
}
