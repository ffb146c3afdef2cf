#include "api/history/texts.hpp"

#include <doctest/doctest.h>

#include <random>
#include <set>

#include "api/history/index.hpp"
#include "api/history/lookup.hpp"
#include "api/history/text.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::history;
using namespace certes::api::history::testing;

namespace {

constexpr UnixMillis kDay = 1'767'225'600'000;  // 2026-01-01

struct Fixture {
  Fixture() { open(); }
  void open() {
    {
      Connection connection(path);
      REQUIRE(make_or_check(connection));
    }
    index = std::make_unique<Index>(path, TextBounds{100, most});
  }
  void event(std::int32_t partition, std::int64_t offset, UnixMillis at, const std::string& data,
             const std::string& tenant = "default", const Detail& detail = {}) {
    const std::string id = "evt_" + std::to_string(partition) + "_" + std::to_string(offset);
    const auto record =
        stored(log::Topic::events, partition, offset, event_record({.id = id, .tenant = tenant, .data = data}), at);
    index->begin();
    index->put(*event_row(record), record.value, detail);
    index->commit();
  }
  // "partition_offset …", a page after the other.
  std::string found(const std::string& text, const std::string& tenant = "default", std::size_t page = 100,
                    UnixMillis from = 0, UnixMillis to = Filter{}.to, Order order = Order::newest_first) const {
    Filter filter;
    filter.tenant = tenant;
    filter.text = text;
    filter.from = from;
    filter.to = to;
    Lookup lookup(path);
    Cursor cursor = Cursor::before_all(order);
    std::string all;
    for (;;) {
      const auto rows = lookup.rows(way_of(filter), filter, cursor, page, order);
      for (const EventRow& row : rows)
        if (filter.matches(row)) all.append(row.id.substr(4)).append(" ");
      if (rows.size() < page) return all;
      cursor = Cursor::behind(rows.back());
    }
  }

  test::TemporaryDirectory directory;
  const std::string path = directory.file("history.db");
  std::int64_t most = 1 << 20;
  std::unique_ptr<Index> index;
};

}  // namespace

TEST_CASE("Texts: events are found by words of their payloads, newest first, whatever page by page") {
  Fixture f;
  for (int n = 0; n < 10; ++n)
    f.event(n % 3, n, kDay + n * TextKey::kHour / 4,
            R"({"order":"A-)" + std::to_string(n) + R"(","who":"Anna M\u00fcller"})");
  const std::string all = "0_9 2_8 1_7 0_6 2_5 1_4 0_3 2_2 1_1 0_0 ";
  for (const std::size_t page : {1, 2, 3, 100}) {
    CHECK(f.found("anna", "default", page) == all);
    CHECK(f.found("MULLER ann*", "default", page) == all);
  }
  for (const std::size_t page : {1, 3, 100})
    CHECK(f.found("anna", "default", page, 0, Filter{}.to, Order::oldest_first) ==
          "0_0 1_1 2_2 0_3 1_4 2_5 0_6 1_7 2_8 0_9 ");
  CHECK(f.found("a-7") == "1_7 ");
  CHECK(f.found("7-a").empty());
  CHECK(f.found("anna bob").empty());
  CHECK(f.found("anna", "default", 100, kDay + TextKey::kHour / 4, kDay + TextKey::kHour) == "0_3 2_2 1_1 ");
}

TEST_CASE("Texts: in one millisecond too each is found once") {
  Fixture f;
  for (int n = 0; n < 6; ++n) f.event(n % 2, n, kDay, R"("word")");
  for (const std::size_t page : {1, 2, 100}) CHECK(f.found("word", "default", page) == "1_5 1_3 1_1 0_4 0_2 0_0 ");
}

TEST_CASE("Texts: of offsets beyond what a key holds too") {
  Fixture f;
  const std::int64_t wrap = std::int64_t{5} << TextKey::kOffsetBits;
  for (const std::int64_t offset : {wrap + 1, wrap - 1, wrap + 2, wrap})
    f.event(3, offset, kDay + offset - wrap + 10, R"("word")");
  f.event(4, 1, kDay, R"("word")");
  std::string all;
  for (const std::int64_t offset : {wrap + 2, wrap + 1, wrap, wrap - 1}) all += "3_" + std::to_string(offset) + " ";
  for (const std::size_t page : {1, 3, 100}) CHECK(f.found("word", "default", page) == all + "4_1 ");
}

TEST_CASE("Texts: of other tenants nothing is found") {
  Fixture f;
  f.event(0, 1, kDay, R"("secret")", "acme");
  f.event(0, 2, kDay + 1, R"("secret")");
  CHECK(f.found("secret") == "0_2 ");
  CHECK(f.found("secret", "acme") == "0_1 ");
  CHECK(f.found(tenant_word("acme")).empty());
}

TEST_CASE("Texts: the same event again has its words once; a new start goes on") {
  Fixture f;
  f.event(0, 1, kDay, R"("word")");
  f.event(0, 1, kDay, R"("word")");
  f.open();
  f.event(0, 1, kDay, R"("word")");
  f.event(0, 2, kDay + 1, R"("word")");
  CHECK(f.found("word") == "0_2 0_1 ");
}

TEST_CASE("Texts: they go by the hour, and what came above their bound is left out and counted") {
  Fixture f;
  f.most = 12;
  f.open();
  f.event(0, 1, kDay, R"("word")");
  f.event(0, 2, kDay + TextKey::kHour, R"("word")");
  f.event(0, 3, kDay + TextKey::kHour + 1, R"("longword")");
  CHECK(f.index->texts_left_out() == 1);
  CHECK(f.found("longword").empty());
  f.open();  // it is known how much there is
  f.event(0, 4, kDay + TextKey::kHour + 2, R"("longword")");
  CHECK(f.index->texts_left_out() == 1);
  f.index->begin();
  CHECK_FALSE(f.index->drop_texts(kDay + TextKey::kHour - 1));
  CHECK(f.index->drop_texts(kDay + TextKey::kHour));
  f.index->commit();
  CHECK(f.found("word") == "0_2 ");
  f.event(0, 5, kDay + TextKey::kHour + 3, R"("longword")");
  CHECK(f.found("longword") == "0_5 ");
}

TEST_CASE("Texts: what is behind, and events to single endpoints, have none") {
  Fixture f;
  f.event(0, 1, kDay, R"("word")", "default", detail_at(kTextsFrom));
  CHECK(f.found("word").empty());
  CHECK(f.index->texts_left_out() == 1);
}

TEST_CASE("Texts: keys are in the order of time, partition and offset") {
  std::mt19937_64 random(7);
  std::set<std::tuple<UnixMillis, std::int32_t, std::int64_t>> events;
  for (int n = 0; n < 2'000; ++n)
    events.emplace(kDay + static_cast<UnixMillis>(random() % (3 * TextKey::kHour)),
                   static_cast<std::int32_t>(random() % TextKey::kMostPartitions),
                   static_cast<std::int64_t>(random() % (1 << 28)));
  std::pair<std::int64_t, std::int64_t> before{};
  for (const auto& [at, partition, offset] : events) {
    const TextKey key = TextKey::of(at, {partition, offset});
    CHECK(std::pair(key.hour, key.row) > before);
    before = {key.hour, key.row};
  }
}
