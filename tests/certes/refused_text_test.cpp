#include "certes/commands/refused_text.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::command;

namespace {

const UnixMillis kNow = parse_rfc3339("2026-01-31T08:00:10.000Z");

}  // namespace

TEST_CASE("certes sources refused: a line for each cause, with the place at fault") {
  const char* const kRefused = R"({"items":[
{"at":"2026-01-31T08:00:00.000Z","reason":"unauthenticated","times":3,"first_at":"2026-01-31T07:59:00.000Z",
 "error":"no signature","place":"x-hub-signature-256","client":"192.0.2.7","bytes":7,"process":"gw-1","payload":"{\"a","payload_cut":true},
{"at":"2026-01-31T08:00:05.000Z","reason":"rate","error":"above its rate","bytes":0,"process":"gw-1"}],
"more":false,"answered_by":["gw-1"]})";
  CHECK(refused_text(kRefused, kNow) ==
        "AT                                   TIMES  REASON           CLIENT     BYTES  WHY\n"
        "2026-01-31T08:00:00.000Z (10 s ago)  3      unauthenticated  192.0.2.7  7      no signature (at "
        "x-hub-signature-256): {\"a…\n"
        "2026-01-31T08:00:05.000Z (5 s ago)   1      rate             -          0      above its rate\n");
  CHECK(refused_remark(kRefused).empty());
}

TEST_CASE("certes sources refused: where nobody has answered, or there are more, it says so") {
  CHECK(refused_remark(R"({"items":[],"more":false,"answered_by":[]})") == "no gateway has answered");
  CHECK(refused_remark(R"({"items":[],"more":true,"answered_by":["a"]})") == "there are more");
  CHECK(refused_text("7", kNow) == "AT  TIMES  REASON  CLIENT  BYTES  WHY\n");
}
