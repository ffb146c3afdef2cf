#pragma once
// The tables of history's index, and how rows stand in them. One file, SQLite, WAL; everything in it can be made again
// from the log, so that a commit costs no fsync; after a crash of the machine it is as of an earlier commit.
//
//   partitions  how far each partition of each topic is indexed
//   events      by place
//   deliveries  by their event's place
//   attempts    the same
//   letters     by their own place, on `dead-letters`
//   erased      places of events and letters of which nothing is to be known
//
// Who: Index (writes), Lookup (reads). Statements' threads.

#include <string>

#include "api/history/letters.hpp"
#include "api/history/rows.hpp"
#include "api/history/sealed.hpp"

namespace certes::api::history {

inline constexpr std::int64_t kFormat = 4;

// Columns, in the order in which rows are written and read.
// Of letters, those that a policy may send again by itself.
inline const std::string kWaitingLetter =
    "at>0 AND policy<>x'' AND hollow=0 AND replayed=0 AND delivered=0 AND discarded=0";
extern const std::string kEventColumns, kDeliveryColumns, kAttemptColumns, kLetterColumns;
// Of events, in a statement with several tables.
std::string event_columns_of(const std::string& table);

// Makes the tables in an empty file. False: it is another program's, or of another format. Throws Failure.
bool make_or_check(Connection& connection);

// Each statement has the columns of that table as its parameters, or its result, in that order.
void write(Statement& statement, const EventRow& row);
void write(Statement& statement, const DeliveryRow& row);
void write(Statement& statement, const AttemptRow& row);
void write(Statement& statement, const LetterRow& row);
EventRow read_event(const Statement& statement);
DeliveryRow read_delivery(const Statement& statement);
AttemptRow read_attempt(const Statement& statement);
LetterRow read_letter(const Statement& statement);

// "INSERT OR REPLACE INTO table(columns) VALUES(?,…)"
std::string insert_into(const std::string& table, const std::string& columns);

}  // namespace certes::api::history
