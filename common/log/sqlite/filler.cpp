#include "common/log/sqlite/filler.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace certes::log::sqlite {
namespace {

constexpr std::int64_t kRowPages = 64;
constexpr std::int64_t kFilledBytes = 4 << 20;  // in one transaction

// Of an integer, as SQLite writes it in front of a row.
std::int64_t varint_bytes(std::int64_t value) {
  std::int64_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

// So many zeros fill that many overflow pages to the last byte: what is beyond what a row keeps in its own page at the
// least goes to pages of four bytes less than they have (sqlite.org/fileformat2.html#b_tree_pages). In front of them
// stand the header's size, the type of the id, and the blob's.
std::int64_t zeros_in(std::int64_t pages, std::int64_t page_bytes) {
  const std::int64_t least = (page_bytes - 12) * 32 / 255 - 23;
  const std::int64_t payload = least + pages * (page_bytes - 4);
  std::int64_t zeros = payload;
  while (2 + varint_bytes(2 * zeros + 12) + zeros > payload) --zeros;
  return zeros;
}

}  // namespace

Filler::Filler(Connection& connection) : connection_(connection), page_bytes_(connection.number("PRAGMA page_size")) {
  connection_.run("DROP TABLE IF EXISTS filler");
}

bool Filler::step() {
  if (now_.doing == Doing::emptying) return empty();
  if (now_.doing == Doing::nothing) connection_.run("CREATE TABLE filler(id INTEGER PRIMARY KEY, zeros BLOB NOT NULL)");
  now_.doing = Doing::filling;
  fill();
  return false;
}

void Filler::fill() {
  Statement free = connection_.prepare("PRAGMA freelist_count");
  Statement insert = connection_.prepare("INSERT INTO filler(zeros) VALUES(zeroblob(?1))");
  for (std::int64_t left = kFilledBytes / page_bytes_; left > 0;) {
    const Use use(free);
    const std::int64_t pages = std::min({free.step() ? free.number(0) : 0, kRowPages, left});
    if (pages == 0) {
      now_.doing = Doing::emptying;
      return;
    }
    insert.bind(1, zeros_in(pages, page_bytes_)).run();
    now_.pages += pages;
    left -= pages;
  }
}

bool Filler::empty() {
  constexpr const char* kRow = "(SELECT min(id) FROM filler)";
  Statement remove = connection_.prepare(std::string("DELETE FROM filler WHERE id=") + kRow);
  for (std::int64_t left = kFilledBytes / page_bytes_; left > 0; left -= kRowPages) {
    if (connection_.number("SELECT count(*) FROM (SELECT 1 FROM filler LIMIT 1)") == 0) {
      connection_.run("DROP TABLE filler");
      return !std::exchange(now_, {}).again;
    }
    remove.run();
    now_.pages = std::max<std::int64_t>(0, now_.pages - kRowPages);
  }
  return false;
}

}  // namespace certes::log::sqlite
