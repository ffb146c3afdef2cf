#include "client/spool/rows.hpp"

namespace certes::client {
namespace {

using log::sqlite::Connection;
using log::sqlite::Failure;
using log::sqlite::Statement;
using log::sqlite::Use;

constexpr std::int64_t kApplicationId = 0x43657270;  // "Cerp"

// The columns of an event, the large ones last: a row's first page holds what is read at start.
constexpr const char* kColumns = "path, key, form, bytes, type, source, id, headers, body";

void configure(Connection& connection) {
  connection.run("PRAGMA busy_timeout=5000");
  Statement mode = connection.prepare("PRAGMA journal_mode=WAL");
  if (!mode.step() || mode.bytes(0) != "wal")
    throw Failure(14, "this file system has no shared memory for a write-ahead log");  // SQLITE_CANTOPEN
  mode.reset();
  connection.run("PRAGMA synchronous=FULL");
  connection.run("PRAGMA wal_autocheckpoint=0");  // after a commit is acknowledged, by the spool
  connection.run("PRAGMA cache_size=-8000");
  connection.run("PRAGMA cache_spill=0");  // nothing reaches the file before COMMIT, so a failure before it is clean
  connection.run("PRAGMA temp_store=MEMORY");
}

void make(Connection& connection) {
  const std::string event =
      "(sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
      " first_failed_at INTEGER NOT NULL DEFAULT 0, path BLOB NOT NULL, key BLOB NOT NULL, form INTEGER NOT NULL,"
      " bytes INTEGER NOT NULL, type BLOB NOT NULL, source BLOB NOT NULL, id BLOB NOT NULL, ";
  const std::string payload = "headers BLOB NOT NULL, body BLOB NOT NULL)";
  connection.run("BEGIN IMMEDIATE");
  connection.run("PRAGMA application_id=" + std::to_string(kApplicationId));
  connection.run("PRAGMA user_version=" + std::to_string(kSpoolSchema));
  connection.run("CREATE TABLE waiting" + event + payload);
  connection.run("CREATE TABLE rejected" + event +
                 "rule BLOB NOT NULL, status INTEGER NOT NULL, problem BLOB NOT NULL, " + payload);
  connection.run("COMMIT");
}

std::string joined(const std::vector<std::string>& headers) {
  std::string text;
  for (const std::string& header : headers) text.append(header).append(1, '\n');
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.emplace_back(text.substr(at, end - at));
    at = end == std::string_view::npos ? text.size() : end + 1;
  }
  return lines;
}

// Columns `at` and on are kColumns.
Item item_at(const Statement& row, int at) {
  Item item;
  item.path = row.bytes(at);
  item.key = row.bytes(at + 1);
  item.form = static_cast<Form>(row.number(at + 2));
  item.type = row.bytes(at + 4);
  item.source = row.bytes(at + 5);
  item.id = row.bytes(at + 6);
  item.headers = split(row.bytes(at + 7));
  item.body = row.bytes(at + 8);
  return item;
}

}  // namespace

Result<void> make_or_check(Connection& connection, const std::string& path) {
  // Looked at before anything is set: a file of somebody else's stays as it is.
  const std::int64_t application = connection.number("PRAGMA application_id");
  const bool empty = connection.number("SELECT count(*) FROM sqlite_master") == 0;
  if (application != kApplicationId && !(application == 0 && empty))
    return fail(Code::invalid, path + " is no spool of Certes: move it away, or give another directory");
  configure(connection);
  if (empty) {
    make(connection);
    return {};
  }
  const std::int64_t version = connection.number("PRAGMA user_version");
  if (version == kSpoolSchema) return {};
  const std::string numbers = " (its schema is " + std::to_string(version) + ", this program reads " +
                              std::to_string(kSpoolSchema) + " alone): ";
  if (version > kSpoolSchema)
    return fail(Code::invalid, path + " was written by a newer Certes" + numbers + "start that version");
  return fail(Code::invalid,
              path + " was written by a pre-release of Certes" + numbers + "move it away, or give another directory");
}

Rows::Rows(Connection& connection) : connection_(connection) {
  const std::string columns = kColumns;
  begin_ = connection.prepare("BEGIN IMMEDIATE");
  commit_ = connection.prepare("COMMIT");
  rollback_ = connection.prepare("ROLLBACK");
  insert_ = connection.prepare("INSERT INTO waiting(sequence, at, " + columns +
                               ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
  remove_ = connection.prepare("DELETE FROM waiting WHERE sequence = ?1");
  move_ = connection.prepare("INSERT INTO rejected(sequence, at, attempts, first_failed_at, rule, status, problem, " +
                             columns + ") SELECT sequence, ?2, attempts + 1, first_failed_at, ?3, ?4, ?5, " + columns +
                             " FROM waiting WHERE sequence = ?1");
  retry_ = connection.prepare("UPDATE waiting SET attempts = ?2, first_failed_at = ?3 WHERE sequence = ?1");
  read_ = connection.prepare("SELECT " + columns + " FROM waiting WHERE sequence = ?1");
  page_ = connection.prepare("SELECT sequence, at, rule, status, problem, " + columns +
                             " FROM rejected WHERE sequence > ?1 ORDER BY sequence LIMIT ?2");
  one_ = connection.prepare("SELECT " + columns + " FROM rejected WHERE sequence = ?1");
  back_ = connection.prepare("INSERT INTO waiting(sequence, at, " + columns + ") SELECT ?2, at, " + columns +
                             " FROM rejected WHERE sequence = ?1");
  drop_ = connection.prepare("DELETE FROM rejected WHERE sequence = ?1");
}

void Rows::discard() noexcept {
  try {
    if (connection_.in_transaction()) rollback_.run();
  } catch (const Failure&) {
    // SQLite has rolled back by itself, or will when the file is opened next.
  }
}

std::int64_t Rows::last_sequence() {
  return connection_.number(
      "SELECT max(coalesce((SELECT max(sequence) FROM waiting), 0), coalesce((SELECT max(sequence) FROM rejected), "
      "0))");
}

void Rows::each_waiting(const std::function<void(Entry&&)>& take) {
  Statement all = connection_.prepare(
      "SELECT sequence, attempts, first_failed_at, path, key, form, bytes, length(headers) FROM waiting ORDER BY "
      "sequence");
  while (all.step()) {
    Entry entry;
    entry.sequence = all.number(0);
    entry.attempts = static_cast<std::uint32_t>(all.number(1));
    entry.first_failed_at = all.number(2);
    entry.path = all.bytes(3);
    entry.key = all.bytes(4);
    entry.form = static_cast<Form>(all.number(5));
    entry.bytes = static_cast<std::uint32_t>(all.number(6));
    entry.alone = all.number(7) != 0 || entry.form == Form::whole;
    take(std::move(entry));
  }
}

void Rows::insert(std::int64_t sequence, const Item& item, UnixMillis now) {
  const std::string headers = joined(item.headers);
  insert_.bind(1, sequence).bind(2, now).bind(3, item.path).bind(4, item.key);
  insert_.bind(5, static_cast<std::int64_t>(item.form)).bind(6, static_cast<std::int64_t>(item.bytes()));
  insert_.bind(7, item.type).bind(8, item.source).bind(9, item.id).bind(10, headers).bind(11, item.body).run();
}

void Rows::reject(const Refusal& refusal) {
  move_.bind(1, refusal.sequence).bind(2, refusal.at).bind(3, refusal.rule);
  move_.bind(4, std::int64_t{refusal.status}).bind(5, refusal.problem).run();
  remove(refusal.sequence);
}

void Rows::retry(const Retry& retry) {
  retry_.bind(1, retry.sequence).bind(2, std::int64_t{retry.attempts}).bind(3, retry.first_failed_at).run();
}

std::optional<Item> Rows::read(std::int64_t sequence) {
  const Use use(read_);
  if (!read_.bind(1, sequence).step()) return std::nullopt;
  return item_at(read_, 0);
}

std::vector<Rejected> Rows::rejected(std::int64_t after, std::size_t limit) {
  const Use use(page_);
  std::vector<Rejected> page;
  page_.bind(1, after).bind(2, static_cast<std::int64_t>(limit));
  while (page_.step()) {
    Rejected& one = page.emplace_back();
    one.refusal.sequence = page_.number(0);
    one.refusal.at = page_.number(1);
    one.refusal.rule = page_.bytes(2);
    one.refusal.status = static_cast<int>(page_.number(3));
    one.refusal.problem = page_.bytes(4);
    one.item = item_at(page_, 5);
  }
  return page;
}

std::optional<Item> Rows::rejected_item(std::int64_t sequence) {
  const Use use(one_);
  if (!one_.bind(1, sequence).step()) return std::nullopt;
  return item_at(one_, 0);
}

void Rows::restore(std::int64_t from, std::int64_t to) {
  back_.bind(1, from).bind(2, to).run();
  drop(from);
}

SpoolSize Rows::rejected_size() {
  Statement sum = connection_.prepare("SELECT count(*), coalesce(sum(bytes), 0) FROM rejected");
  if (!sum.step()) return {};
  return {static_cast<std::size_t>(sum.number(0)), static_cast<std::size_t>(sum.number(1))};
}

}  // namespace certes::client
