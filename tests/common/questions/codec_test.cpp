#include "common/questions/codec.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/log/names.hpp"

using namespace certes;
using namespace certes::questions;

namespace {

using Json = nlohmann::json;

const Question kAsked{"qst_1", "endpoint-stats", "acme", "billing", 1'700'000'000'000, "api-1"};
const Answer kSaid{"qst_1", "worker-1", {0, 3, 11}, R"({"in_flight":2})"};

Said parse(const log::Record& record) { return questions::parse(record.headers, record.value); }

bool is_nothing(const Said& said) { return std::holds_alternative<std::monostate>(said); }

// The record with that member of its value instead; null: without it.
Said with(log::Record record, const std::string& member, const Json& value) {
  Json json = Json::parse(record.value);
  if (value.is_null())
    json.erase(member);
  else
    json[member] = value;
  record.value = json.dump();
  return parse(record);
}

}  // namespace

TEST_CASE("Questions: a question and an answer come back as they were") {
  const Said question = parse(to_record(kAsked));
  REQUIRE(std::holds_alternative<Question>(question));
  const auto& asked = std::get<Question>(question);
  CHECK(asked.id == kAsked.id);
  CHECK(asked.kind == kAsked.kind);
  CHECK(asked.tenant == kAsked.tenant);
  CHECK(asked.subject == kAsked.subject);
  CHECK(asked.asked_at == kAsked.asked_at);
  CHECK(asked.from == kAsked.from);
  const auto record = to_record(kSaid);
  REQUIRE(record);
  const Said answer = parse(*record);
  REQUIRE(std::holds_alternative<Answer>(answer));
  const auto& said = std::get<Answer>(answer);
  CHECK(said.question == kSaid.question);
  CHECK(said.from == kSaid.from);
  CHECK(said.partitions == kSaid.partitions);
  CHECK(said.value == kSaid.value);
}

TEST_CASE("Questions: what a later release adds is passed over, and another format is nothing") {
  CHECK(std::holds_alternative<Question>(with(to_record(kAsked), "since", 5)));
  for (const Json& format : {Json(2), Json(0), Json("1"), Json()}) {
    CHECK(is_nothing(with(to_record(kAsked), "format", format)));
    CHECK(is_nothing(with(*to_record(kSaid), "format", format)));
  }
}

TEST_CASE("Questions: what is no question and no answer is nothing") {
  log::Record watch;
  watch.headers.add(log::names::kKind, "watch");
  CHECK(is_nothing(parse(watch)));
  CHECK(is_nothing(parse(log::Record{})));
  for (const char* text : {"", "{", "[]", "null", "7", "{\"format\":1}", "\xff\xfe"}) {
    for (const char* kind : {"question", "answer"}) {
      log::Record record;
      record.headers.add(log::names::kKind, kind);
      record.value = text;
      CHECK(is_nothing(parse(record)));
    }
  }
  const std::string deep(1'000, '[');
  CHECK(is_nothing(with(*to_record(kSaid), "value", deep)));
}

TEST_CASE("Questions: names are words of printable characters, of a bounded length") {
  const std::vector<Json> bad = {Json(),           Json(""),
                                 Json(7),          Json("a b"),
                                 Json("a\n"),      Json("\x1b[31mred"),
                                 Json("\"quoted"), Json(std::string(600, 'a'))};
  for (const Json& name : bad) {
    for (const char* member : {"id", "kind", "tenant", "subject", "from"})
      CHECK(is_nothing(with(to_record(kAsked), member, name)));
    for (const char* member : {"question", "from"}) CHECK(is_nothing(with(*to_record(kSaid), member, name)));
  }
  CHECK(std::holds_alternative<Question>(with(to_record(kAsked), "subject", std::string(512, 'a'))));
}

TEST_CASE("Questions: partitions are ascending numbers, each once, and not too many") {
  const auto partitions = [](const Json& value) { return with(*to_record(kSaid), "partitions", value); };
  CHECK(std::holds_alternative<Answer>(partitions(Json::array())));
  CHECK(std::get<Answer>(partitions(Json::array({3, 1}))).partitions == std::vector<std::int32_t>{1, 3});
  for (const Json& bad : {Json(), Json(3), Json::array({1, 1}), Json::array({-1}), Json::array({1.5}),
                          Json::array({"1"}), Json::array({kMostPartitions}), Json::array({std::uint64_t{1} << 60})})
    CHECK(is_nothing(partitions(bad)));
  CHECK(is_nothing(partitions(Json(std::vector<int>(kMostPartitions + 1, 0)))));
}

TEST_CASE("Questions: an answer's value is an object that is not too large") {
  for (const Json& bad : {Json(), Json(7), Json::array(), Json("text")})
    CHECK(is_nothing(with(*to_record(kSaid), "value", bad)));
  const Json large = {{"text", std::string(kMostValueBytes, 'a')}};
  CHECK(is_nothing(with(*to_record(kSaid), "value", large)));
  Answer answer = kSaid;
  answer.value = large.dump();
  CHECK_FALSE(to_record(answer));
  answer.value = "no json";
  CHECK_FALSE(to_record(answer));
  log::Record padded = to_record(kAsked);
  padded.value.append(kMostRecordBytes, ' ');
  CHECK(is_nothing(parse(padded)));
}
