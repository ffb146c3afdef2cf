#include "dispatcher/ownership/commit_note.hpp"

#include <doctest/doctest.h>

namespace certes::dispatcher::testing {
namespace {

TEST_CASE("CommitNote: survives the commit's metadata, and what others wrote is none") {
  for (const CommitNote& note : {CommitNote{12, 5, 7, 9}, CommitNote{12, -1, 7, 0}, CommitNote{}})
    CHECK(decode_note(encode(note)) == note);
  for (const char* text :
       {"", "certes2", "certes2 ", "certes2 1 2", "certes2 1 2 x 4", "certes2 -1 2 1 0", "certes2 1 2 3",
        "certes2 1 2 3 4 5", "certes1 1 2 3 4 5", "other 1 2 3 4", "certes2 99999999999999999999 1 1 1"})
    CHECK_FALSE(decode_note(text));
}

}  // namespace
}  // namespace certes::dispatcher::testing
