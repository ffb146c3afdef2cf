#include "dispatcher/ownership/commit_note.hpp"

#include <doctest/doctest.h>

namespace certes::dispatcher::testing {
namespace {

TEST_CASE("CommitNote: survives the commit's metadata, and what others wrote is none") {
  const auto note = decode_note(encode(CommitNote{12, 15, 7, 8, 9}));
  REQUIRE(note);
  CHECK(note->first == 12);
  CHECK(note->last == 15);
  CHECK(note->term == 7);
  CHECK(note->before == 8);
  CHECK(note->offset == 9);
  CHECK(decode_note(encode(CommitNote{})));
  for (const char* text :
       {"", "certes1", "certes1 ", "certes1 1 2", "certes1 1 2 x 4 5", "certes1 3 2 1 0 0", "certes1 1 2 3",
        "certes1 1 2 3 4", "certes1 1 2 3 4 5 6", "other 1 2 3", "certes1 99999999999999999999 1 1 1 1"})
    CHECK_FALSE(decode_note(text));
}

}  // namespace
}  // namespace certes::dispatcher::testing
