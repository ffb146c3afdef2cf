// What both spools do, and what only the file does.
#include "client/spool/spool.hpp"

#include <doctest/doctest.h>

#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::client;

namespace {

Item item(const std::string& id, const std::string& key = "") {
  Item made;
  made.id = id;
  made.key = key;
  made.type = "a.b";
  made.source = "urn:s";
  made.body = R"({"type":"a.b"})";
  return made;
}

std::vector<Entry> waiting(Spool& spool) {
  std::vector<Entry> entries;
  REQUIRE(spool.each_waiting([&](Entry&& entry) { entries.push_back(std::move(entry)); }).has_value());
  return entries;
}

// The two kinds, each opened afresh.
struct Kinds {
  std::unique_ptr<Spool> open(bool file) {
    if (!file) return make_memory_spool();
    auto spool = open_file_spool(directory.file("spool"));
    REQUIRE_MESSAGE(spool.has_value(), spool.error().message);
    return std::move(*spool);
  }
  test::TemporaryDirectory directory;
};

Turn adding(std::vector<Item> items) {
  Turn turn;
  turn.added = std::move(items);
  return turn;
}

}  // namespace

TEST_CASE("Spool: keeps what is added, in order, until it is sent") {
  for (const bool file : {false, true}) {
    CAPTURE(file);
    Kinds kinds;
    const auto spool = kinds.open(file);
    const auto sequences = spool->commit(adding({item("a", "k"), item("b")}), 5);
    REQUIRE(sequences.has_value());
    REQUIRE(sequences->size() == 2);
    CHECK((*sequences)[0] < (*sequences)[1]);
    CHECK(spool->read((*sequences)[0])->id == "a");
    CHECK(spool->read((*sequences)[1])->body == R"({"type":"a.b"})");
    Turn sent;
    sent.sent = {(*sequences)[0]};
    REQUIRE(spool->commit(sent, 6).has_value());
    CHECK_FALSE(spool->read((*sequences)[0]).has_value());
    CHECK(spool->read((*sequences)[1]).has_value());
  }
}

TEST_CASE("Spool: what is rejected is kept with its problem, and can come back or be dropped") {
  for (const bool file : {false, true}) {
    CAPTURE(file);
    Kinds kinds;
    const auto spool = kinds.open(file);
    const auto sequences = *spool->commit(adding({item("a"), item("b"), item("c")}), 5);
    Turn turn;
    turn.rejected = {{sequences[0], "refused", 422, R"({"title":"no"})", 77},
                     {sequences[1], "max_attempts", 0, "connect", 78}};
    REQUIRE(spool->commit(turn, 7).has_value());
    auto page = *spool->rejected(0, 10);
    REQUIRE(page.size() == 2);
    CHECK(page[0].item.id == "a");
    CHECK(page[0].refusal.status == 422);
    CHECK(page[0].refusal.problem == R"({"title":"no"})");
    CHECK(page[0].refusal.at == 77);
    CHECK(page[1].refusal.rule == "max_attempts");
    CHECK(spool->rejected(page[0].refusal.sequence, 10)->size() == 1);
    CHECK(spool->rejected(0, 1)->size() == 1);
    CHECK(spool->rejected_size()->events == 2);
    CHECK(spool->rejected_size()->bytes == 2 * item("a").bytes());

    const auto entry = spool->restore(sequences[0]);
    REQUIRE(entry.has_value());
    CHECK(entry->sequence > sequences[2]);
    CHECK(entry->attempts == 0);
    CHECK(spool->read(entry->sequence)->id == "a");
    CHECK(*spool->drop(sequences[1]) == item("b").bytes());
    CHECK(spool->rejected(0, 10)->empty());
    CHECK(spool->restore(sequences[0]).error().code == Code::not_found);
    CHECK(spool->drop(sequences[1]).error().code == Code::not_found);
  }
}

TEST_CASE("FileSpool: opened again, it has all that was committed") {
  Kinds kinds;
  Item whole = item("w");
  whole.form = Form::whole;
  whole.path = "/events/github?x=1";
  whole.headers = {"x-a: 1", "x-b: 2"};
  whole.body = std::string("\0\xff\n", 3);
  {
    const auto spool = kinds.open(true);
    const auto sequences = *spool->commit(adding({item("a", "k"), whole, item("r")}), 5);
    Turn turn;
    turn.retried = {{sequences[0], 3, 1'234}};
    turn.rejected = {{sequences[2], "refused", 400, "p", 9}};
    REQUIRE(spool->commit(turn, 6).has_value());
  }
  const auto spool = kinds.open(true);
  const auto entries = waiting(*spool);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].key == "k");
  CHECK(entries[0].attempts == 3);
  CHECK(entries[0].first_failed_at == 1'234);
  CHECK_FALSE(entries[0].alone);
  CHECK(entries[1].alone);
  CHECK(entries[1].bytes == whole.bytes());
  const auto read = spool->read(entries[1].sequence);
  CHECK(read->path == whole.path);
  CHECK(read->headers == whole.headers);
  CHECK(read->body == whole.body);
  CHECK(read->form == Form::whole);
  CHECK(spool->rejected(0, 10)->size() == 1);
  CHECK((*spool->commit(adding({item("new")}), 8))[0] > spool->rejected(0, 10)->at(0).refusal.sequence);
}

TEST_CASE("FileSpool: one process at a time, and no file of somebody else's") {
  Kinds kinds;
  const auto spool = kinds.open(true);
  CHECK(open_file_spool(kinds.directory.file("spool")).error().code == Code::conflict);
  test::TemporaryDirectory other;
  std::FILE* file = std::fopen(other.file("spool.db").c_str(), "w");
  std::fputs("this is a diary, not a database, and it is long enough to be read as one", file);
  std::fclose(file);
  CHECK_FALSE(open_file_spool(other.path()).has_value());
}
