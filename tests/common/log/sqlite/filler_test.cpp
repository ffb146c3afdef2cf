#include "common/log/sqlite/filler.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/fakes/temporary_directory.hpp"

using certes::log::sqlite::Connection;
using certes::log::sqlite::Filler;

namespace {

struct Filled {
  explicit Filled(int page_bytes) {
    connection.run("PRAGMA page_size=" + std::to_string(page_bytes));
    connection.run("PRAGMA secure_delete=FAST");
    connection.run("CREATE TABLE rows(id INTEGER PRIMARY KEY, text TEXT)");
  }
  // Rows that each hold the word, of different lengths.
  void add(const std::string& word) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      for (int times = 0; times < 40 * i; ++times) text += word;
      connection.run("INSERT INTO rows(text) VALUES('" + word + text + "')");
      text.clear();
    }
  }
  void remove(const std::string& word) { connection.run("DELETE FROM rows WHERE text LIKE '" + word + "%'"); }
  bool is_stored(const std::string& word) const {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {}).find(word) != std::string::npos;
  }

  certes::test::TemporaryDirectory directory;
  const std::string path = directory.file("filled.db");
  Connection connection{path};
};

}  // namespace

TEST_CASE("Filler: of what was deleted nothing stays in the file, whatever its pages' size") {
  for (const int page_bytes : {1'024, 4'096, 16'384, 65'536}) {
    CAPTURE(page_bytes);
    Filled file(page_bytes);
    file.add("secret");
    file.add("others");
    file.remove("secret");
    REQUIRE(file.is_stored("secret"));
    Filler filler(file.connection);
    while (!filler.step()) {
    }
    CHECK(filler.pages() == 0);
    CHECK_FALSE(file.is_stored("secret"));
    CHECK(file.is_stored("others"));
  }
}

TEST_CASE("Filler: what is deleted while it is at work is overwritten, too") {
  Filled file(4'096);
  file.add("secret");
  file.add("second");
  file.remove("secret");
  Filler filler(file.connection);
  REQUIRE_FALSE(filler.step());
  REQUIRE(filler.pages() > 0);
  REQUIRE(file.connection.number("PRAGMA freelist_count") == 0);
  file.remove("second");
  filler.again();
  while (!filler.step()) {
  }
  CHECK_FALSE(file.is_stored("secret"));
  CHECK_FALSE(file.is_stored("second"));
}

TEST_CASE("Filler: what a process that was killed had filled goes, and a transaction that fails counts nothing") {
  Filled file(4'096);
  file.add("secret");
  file.remove("secret");
  {
    Filler filler(file.connection);
    filler.begin();
    filler.step();
    CHECK(filler.pages() > 0);
    filler.undo();
    CHECK(filler.pages() == 0);
  }
  Filler next(file.connection);
  CHECK(file.connection.number("SELECT count(*) FROM sqlite_master WHERE name='filler'") == 0);
}
