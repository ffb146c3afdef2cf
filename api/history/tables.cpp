#include "api/history/tables.hpp"

#include <algorithm>

namespace certes::api::history {
namespace {

constexpr std::int64_t kApplicationId = 0x43657268;  // "Cerh"
constexpr int kPageBytes = 8 << 10;

void configure(Connection& connection) {
  connection.run("PRAGMA busy_timeout=5000");
  connection.run("PRAGMA page_size=" + std::to_string(kPageBytes));
  Statement mode = connection.prepare("PRAGMA journal_mode=WAL");
  if (!mode.step() || mode.bytes(0) != "wal")
    throw Failure(14, "this file system has no shared memory for a write-ahead log");  // SQLITE_CANTOPEN
  mode.reset();
  connection.run("PRAGMA synchronous=NORMAL");
  connection.run("PRAGMA cache_size=-32000");
  connection.run("PRAGMA temp_store=MEMORY");
}

// Indexes have the place at their end, as the tables have no other row id: so each is a list, newest first.
constexpr const char* kMake[] = {
    "CREATE TABLE partitions(topic INTEGER, p INTEGER, begin INTEGER, next INTEGER, term INTEGER, mark INTEGER,"
    " mark_at INTEGER, filled_at INTEGER, filled INTEGER, seal INTEGER, PRIMARY KEY(topic, p)) WITHOUT ROWID",
    "CREATE TABLE events(p INTEGER, o INTEGER, at INTEGER, id BLOB, client_id BLOB, type BLOB, source BLOB, subject "
    "BLOB, tenant BLOB, kind BLOB, conversation BLOB, cause BLOB, time BLOB, replay BLOB, endpoint BLOB, content_type "
    "BLOB, bytes INTEGER, seal INTEGER, state INTEGER, PRIMARY KEY(p, o)) WITHOUT ROWID",
    "CREATE INDEX events_id ON events(id)",
    "CREATE INDEX events_time ON events(tenant, at)",
    "CREATE INDEX events_type ON events(tenant, type, at)",
    "CREATE INDEX events_client ON events(tenant, client_id, at) WHERE client_id <> x''",
    "CREATE INDEX events_conversation ON events(tenant, conversation, at) WHERE conversation <> x''",
    "CREATE INDEX events_state ON events(tenant, state, at) WHERE state IN (1, 3, 4)",
    "CREATE TABLE deliveries(p INTEGER, o INTEGER, id BLOB, tenant BLOB, endpoint BLOB, event_at INTEGER, state "
    "INTEGER, attempts INTEGER, status INTEGER, error BLOB, rule BLOB, last_at INTEGER, next_at INTEGER, duration_us "
    "INTEGER, expected INTEGER, letter INTEGER, told_at INTEGER, seal INTEGER, PRIMARY KEY(p, o, id)) WITHOUT ROWID",
    "CREATE INDEX deliveries_endpoint ON deliveries(tenant, endpoint, event_at)",
    "CREATE TABLE attempts(p INTEGER, o INTEGER, a INTEGER, delivery BLOB, attempt INTEGER, at INTEGER, outcome BLOB, "
    "status INTEGER, error BLOB, rule BLOB, duration_us INTEGER, next_at INTEGER, answer BLOB, phases BLOB, address "
    "BLOB, answer_header BLOB, next_by BLOB, policy BLOB, breaker_open INTEGER, seal INTEGER, PRIMARY KEY(p, o, a)) "
    "WITHOUT ROWID",
    "CREATE TABLE letters(p INTEGER, o INTEGER, at INTEGER, tenant BLOB, endpoint BLOB, event BLOB, delivery BLOB, "
    "type BLOB, source BLOB, source_id BLOB, subject BLOB, time BLOB, rule BLOB, error BLOB, answer BLOB, origin BLOB, "
    "replay BLOB, policy BLOB, attempts INTEGER, replays INTEGER, bytes INTEGER, hollow INTEGER, replayed INTEGER, "
    "delivered INTEGER, discarded INTEGER, seal INTEGER, PRIMARY KEY(p, o)) WITHOUT ROWID",
    "CREATE INDEX letters_time ON letters(tenant, at) WHERE at > 0",
    "CREATE INDEX letters_endpoint ON letters(tenant, endpoint, at) WHERE at > 0",
    "CREATE INDEX letters_event ON letters(tenant, event, at) WHERE at > 0",
    "CREATE INDEX letters_delivery ON letters(tenant, delivery, at) WHERE at > 0",
    "CREATE TABLE text_hours(hour INTEGER, p INTEGER, high INTEGER, bytes INTEGER, PRIMARY KEY(hour, p)) WITHOUT ROWID",
};

// What is erased, by its topic and place. A file may have been made before there was this table.
constexpr const char* kMakeErased =
    "CREATE TABLE IF NOT EXISTS erased(topic INTEGER, p INTEGER, o INTEGER, PRIMARY KEY(topic, p, o)) WITHOUT ROWID";

void make(Connection& connection) {
  connection.run("BEGIN IMMEDIATE");
  connection.run("PRAGMA application_id=" + std::to_string(kApplicationId));
  connection.run("PRAGMA user_version=" + std::to_string(kFormat));
  for (const char* const statement : kMake) connection.run(statement);
  connection.run("CREATE INDEX letters_waiting ON letters(tenant, policy, endpoint, replays, at) WHERE " +
                 kWaitingLetter);
  connection.run("COMMIT");
}

template <class State>
State state_in(std::int64_t number, int states, const char* table) {
  if (number < 0 || number >= states) throw_damaged(table);
  return static_cast<State>(number);
}

}  // namespace

const std::string kEventColumns =
    "p,o,at,id,client_id,type,source,subject,tenant,kind,conversation,cause,time,replay,endpoint,content_type,bytes,"
    "seal,state";
const std::string kDeliveryColumns =
    "p,o,id,tenant,endpoint,event_at,state,attempts,status,error,rule,last_at,next_at,duration_us,expected,letter,"
    "told_at,seal";
const std::string kAttemptColumns =
    "p,o,a,delivery,attempt,at,outcome,status,error,rule,duration_us,next_at,answer,phases,address,answer_header,next_"
    "by,policy,breaker_open,seal";

const std::string kLetterColumns =
    "p,o,at,tenant,endpoint,event,delivery,type,source,source_id,subject,time,rule,error,answer,origin,replay,policy,"
    "attempts,replays,bytes,hollow,replayed,delivered,discarded,seal";

std::string event_columns_of(const std::string& table) {
  std::string columns = table + "." + kEventColumns;
  for (std::size_t at = columns.find(','); at != std::string::npos; at = columns.find(',', at + 1))
    columns.insert(at + 1, table + ".");
  return columns;
}

bool make_or_check(Connection& connection) {
  const std::int64_t application = connection.number("PRAGMA application_id");
  const bool empty = connection.number("SELECT count(*) FROM sqlite_master") == 0;
  if (!empty && (application != kApplicationId || connection.number("PRAGMA user_version") != kFormat)) return false;
  configure(connection);
  if (empty) make(connection);
  connection.run(kMakeErased);
  return true;
}

std::string insert_into(const std::string& table, const std::string& columns) {
  std::string places = "?";
  for (auto i = std::ranges::count(columns, ','); i > 0; --i) places += ",?";
  return "INSERT OR REPLACE INTO " + table + "(" + columns + ") VALUES(" + places + ")";
}

void write(Statement& statement, const EventRow& row) {
  RowWriter to(statement);
  to.add(row.place.partition).add(row.place.offset).add(row.at).add(row.id).add(row.client_id).add(row.type);
  to.add(row.source).add(row.subject).add(row.tenant).add(row.kind).add(row.conversation).add(row.cause);
  to.add(row.time).add(row.replay).add(row.endpoint).add(row.content_type).add(row.bytes).seal();
  to.add_loose(static_cast<std::int64_t>(row.state));  // changes while the rest stays
}

EventRow read_event(const Statement& statement) {
  RowReader from(statement);
  EventRow row;
  row.place.partition = static_cast<std::int32_t>(from.number());
  row.place.offset = from.number();
  row.at = from.number();
  for (std::string* const text :
       {&row.id, &row.client_id, &row.type, &row.source, &row.subject, &row.tenant, &row.kind, &row.conversation,
        &row.cause, &row.time, &row.replay, &row.endpoint, &row.content_type})
    *text = from.text();
  row.bytes = from.number();
  from.check("events");
  row.state = state_in<EventState>(from.loose(), kEventStates, "events");
  return row;
}

void write(Statement& statement, const DeliveryRow& row) {
  RowWriter to(statement);
  to.add(row.event.partition).add(row.event.offset).add(row.id).add(row.tenant).add(row.endpoint).add(row.event_at);
  to.add(static_cast<std::int64_t>(row.state)).add(row.attempts).add(row.status).add(row.error).add(row.rule);
  to.add(row.last_at).add(row.next_at).add(row.duration_us).add(row.expected);
  to.add(std::int64_t{row.letter}).add(row.told_at).seal();
}

DeliveryRow read_delivery(const Statement& statement) {
  RowReader from(statement);
  DeliveryRow row;
  row.event.partition = static_cast<std::int32_t>(from.number());
  row.event.offset = from.number();
  row.id = from.text();
  row.tenant = from.text();
  row.endpoint = from.text();
  row.event_at = from.number();
  row.state = state_in<DeliveryState>(from.number(), kDeliveryStates, "deliveries");
  row.attempts = from.number();
  row.status = from.number();
  row.error = from.text();
  row.rule = from.text();
  row.last_at = from.number();
  row.next_at = from.number();
  row.duration_us = from.number();
  row.expected = from.number();
  row.letter = from.number() != 0;
  row.told_at = from.number();
  from.check("deliveries");
  return row;
}

void write(Statement& statement, const AttemptRow& row) {
  RowWriter to(statement);
  to.add(row.event.partition).add(row.event.offset).add(row.offset).add(row.delivery).add(row.attempt).add(row.at);
  to.add(row.outcome).add(row.status).add(row.error).add(row.rule).add(row.duration_us).add(row.next_at);
  to.add(row.answer).add(row.phases).add(row.address).add(row.answer_header).add(row.next_by).add(row.policy);
  to.add(std::int64_t{row.breaker_open}).seal();
}

AttemptRow read_attempt(const Statement& statement) {
  RowReader from(statement);
  AttemptRow row;
  row.event.partition = static_cast<std::int32_t>(from.number());
  row.event.offset = from.number();
  row.offset = from.number();
  row.delivery = from.text();
  row.attempt = from.number();
  row.at = from.number();
  row.outcome = from.text();
  row.status = from.number();
  row.error = from.text();
  row.rule = from.text();
  row.duration_us = from.number();
  row.next_at = from.number();
  for (std::string* const text :
       {&row.answer, &row.phases, &row.address, &row.answer_header, &row.next_by, &row.policy})
    *text = from.text();
  row.breaker_open = from.number() != 0;
  from.check("attempts");
  return row;
}

void write(Statement& statement, const LetterRow& row) {
  RowWriter to(statement);
  to.add(row.place.partition).add(row.place.offset).add(row.at).add(row.tenant).add(row.endpoint).add(row.event);
  to.add(row.delivery).add(row.type).add(row.source).add(row.source_id).add(row.subject).add(row.time).add(row.rule);
  to.add(row.error).add(row.answer).add(row.origin).add(row.replay).add(row.policy).add(row.attempts);
  to.add(row.replays).add(row.bytes);
  to.add(std::int64_t{row.hollow}).add(std::int64_t{row.replayed}).add(std::int64_t{row.delivered});
  to.add(std::int64_t{row.discarded}).seal();
}

LetterRow read_letter(const Statement& statement) {
  RowReader from(statement);
  LetterRow row;
  row.place.partition = static_cast<std::int32_t>(from.number());
  row.place.offset = from.number();
  row.at = from.number();
  for (std::string* const text :
       {&row.tenant, &row.endpoint, &row.event, &row.delivery, &row.type, &row.source, &row.source_id, &row.subject,
        &row.time, &row.rule, &row.error, &row.answer, &row.origin, &row.replay, &row.policy})
    *text = from.text();
  row.attempts = from.number();
  row.replays = from.number();
  row.bytes = from.number();
  for (bool* const flag : {&row.hollow, &row.replayed, &row.delivered, &row.discarded}) *flag = from.number() != 0;
  from.check("letters");
  return row;
}

}  // namespace certes::api::history
