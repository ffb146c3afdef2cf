#include "common/event/command.hpp"

#include <doctest/doctest.h>

#include <set>

#include "common/event/hops.hpp"
#include "common/log/names.hpp"

using namespace certes;
using namespace certes::event;
namespace names = certes::log::names;

namespace {

log::StoredRecord command() {
  log::StoredRecord record;
  record.headers.add(names::kId, "evt_1");
  record.headers.add("ce_type", "Billing.ChargeCard");
  record.headers.add("ce_conversationid", "conv-7");
  record.headers.add("ce_causeid", "evt_0");
  record.headers.add(names::kTenant, "acme");
  record.headers.add(names::kReplyTo, "https://example.com/answers");
  record.value = "{}";
  return record;
}

std::string header(const log::Record& record, std::string_view name) { return std::string(record.headers.get(name)); }

}  // namespace

TEST_CASE("Command: a name is two words or more, of letters, digits, _ and -") {
  for (const char* name : {"Billing.ChargeCard", "acme.Billing.Charge-Card_2", "a.b"})
    CHECK(command_flaw(name).empty());
  const std::string longest = "a." + std::string(246, 'b');
  CHECK(command_flaw(longest).empty());
  for (const std::string& name :
       {std::string(), std::string("Billing"), std::string("Billing."), std::string(".Charge"),
        std::string("Billing..Charge"), std::string("Billing.Charge/Card"), std::string("Billing.*"),
        std::string("certes.Delivery"), longest + "b"}) {
    CAPTURE(name);
    CHECK_FALSE(command_flaw(name).empty());
  }
}

TEST_CASE("Command: its partition follows from its id, and all are used") {
  std::set<std::int32_t> used;
  for (int i = 0; i < 500; ++i) {
    const std::string id = "evt_01KAJ5" + std::to_string(i);
    const auto partition = command_partition(id, 12);
    CHECK(partition >= 0);
    CHECK(partition < 12);
    CHECK(partition == command_partition(id, 12));
    used.insert(partition);
  }
  CHECK(used.size() == 12);
  CHECK(command_partition("evt_x", 1) == 0);
}

TEST_CASE("Command: the result names it as cause, keeps its conversation and who is to be answered") {
  CommandResult answer{true, false, "application/json", R"({"paid":true})", {}, {}};
  const auto record = result_record(command(), "evt_1", std::move(answer), "evt_2", 1'700'000'000'000);
  CHECK(record.value == R"({"paid":true})");
  CHECK_FALSE(record.key);
  CHECK(header(record, names::kId) == "evt_2");
  CHECK(header(record, names::kKind) == "result");
  CHECK(header(record, names::kTenant) == "acme");
  CHECK(header(record, names::kClientId) == "1");
  CHECK(header(record, names::kReplyTo) == "https://example.com/answers");
  CHECK(header(record, "ce_id") == "evt_1");
  CHECK(header(record, "ce_source") == "urn:certes:acme/results");
  CHECK(header(record, "ce_type") == "Billing.ChargeCard.result");
  CHECK(header(record, "ce_conversationid") == "conv-7");
  CHECK(header(record, "ce_causeid") == "evt_1");
  CHECK(header(record, "ce_commandstatus") == "succeeded");
  CHECK(header(record, "content-type") == "application/json");
  CHECK_FALSE(record.headers.find("ce_commandcut"));
  CHECK_FALSE(record.headers.find(names::kRule));
}

TEST_CASE("Command: two results of one command are the same to de-duplication, a replay's is another") {
  const auto first = result_record(command(), "evt_1", {true, false, {}, "a", {}, {}}, "evt_2", 1);
  const auto second = result_record(command(), "evt_1", {false, true, {}, "b", "max_attempts", "500"}, "evt_3", 2);
  CHECK(first.identity);
  CHECK(first.identity == second.identity);
  CHECK(header(second, "ce_commandstatus") == "failed");
  CHECK(header(second, "ce_commandcut") == "true");
  CHECK(header(second, names::kRule) == "max_attempts");
  CHECK(header(second, names::kError) == "500");
  auto replayed = command();
  replayed.headers.add(names::kReplay, "rpl_1");
  CHECK_FALSE(result_record(replayed, "evt_1", {}, "evt_4", 3).identity == first.identity);
}

TEST_CASE("Command: a result has been here as often as its command") {
  auto hopping = command();
  hopping.headers.add(kHops, "6");
  CHECK(header(result_record(hopping, "evt_1", {}, "evt_2", 1), kHops) == "6");
  CHECK_FALSE(result_record(command(), "evt_1", {}, "evt_2", 1).headers.find(kHops));
}

TEST_CASE("Command: a result's record is a valid event") {
  const auto record = result_record(command(), "evt_1", {}, "evt_2", 1'700'000'000'000);
  log::StoredRecord stored;
  stored.headers = record.headers;
  const auto seen = view(stored);
  REQUIRE(seen);
  CHECK(seen->kind == "result");
  CHECK(seen->client_gave_id);
}
