#include "common/event/json_command.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::event;

TEST_CASE("Command JSON: its data is carried as it was written") {
  JsonDocument document;
  Event command;
  REQUIRE(read_command_json(document,
                            R"({"data": {"n" : 1.0}, "id":"c1","reply_to":"https://a.b/c","conversation_id":"k",)"
                            R"("cause_id":"evt_0"})",
                            command));
  CHECK(command.data == R"({"n" : 1.0})");
  CHECK(command.client_id == "c1");
  CHECK(command.client_gave_id);
  CHECK(command.reply_to == "https://a.b/c");
  CHECK(command.conversation_id == "k");
  CHECK(command.cause_id == "evt_0");
  CHECK(command.data_content_type == "application/json");
}

TEST_CASE("Command JSON: refusals name the place") {
  struct {
    const char *body, *pointer;
  } const rows[] = {
      {"[]", ""},
      {"{", ""},
      {"{}", "/data"},
      {R"({"data":1,"type":"a"})", "/type"},
      {R"({"data":1,"data":2})", "/data"},
      {R"({"data":1,"id":7})", "/id"},
      {R"({"data":1,"id":""})", "/id"},
      {R"({"data":1,"reply_to":"a\nb"})", "/reply_to"},
      {R"({"data":1,"cause_id":null})", "/cause_id"},
  };
  JsonDocument document;
  for (const auto& row : rows) {
    CAPTURE(row.body);
    Event command;
    const auto read = read_command_json(document, row.body, command);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::invalid);
    CHECK(read.error().pointer == row.pointer);
  }
}
