#include "common/log/sqlite/inspection.hpp"

#include <filesystem>

#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/failure.hpp"
#include "common/log/sqlite/partition.hpp"
#include "common/log/sqlite/record_format.hpp"
#include "common/log/sqlite/schema.hpp"

namespace certes::log::sqlite {
namespace {

// Every page is where it belongs, and holds what a page of its kind holds.
Result<void> check_pages(Connection& connection, const std::string& path) {
  Statement check = connection.prepare("PRAGMA quick_check(1)");
  if (!check.step()) return fail(Code::invalid, path + " cannot be checked");
  if (check.bytes(0) == "ok") return {};
  return fail(Code::invalid, path + " is damaged: " + std::string(check.bytes(0)));
}

Result<std::int64_t> check_records(Connection& connection, const std::string& path, Topic topic,
                                   std::int32_t partition) {
  Statement all = connection.prepare("SELECT id, record FROM " + table_name(topic, partition) + " ORDER BY id");
  std::int64_t records = 0;
  StoredRecord record;
  while (all.step()) {
    if (decode_mark(all.bytes(1))) continue;  // of a gap
    if (!decode(all.bytes(1), record))
      return fail(Code::invalid, path + " is damaged: record " + std::to_string(all.number(0)) + " of " +
                                     std::string(to_string(topic)) + "[" + std::to_string(partition) +
                                     "] cannot be read");
    ++records;
  }
  return records;
}

Result<CopyReport> inspect_open(Connection& connection, const std::string& path) {
  const auto partitions = stored_partitions(connection, path);
  if (!partitions) return fail(partitions.error());
  if (auto pages = check_pages(connection, path); !pages) return fail(pages.error());
  CopyReport report;
  for (int t = 0; t < kTopics; ++t) {
    const auto topic = static_cast<Topic>(t);
    for (std::int32_t p = 0; p < partitions_of(topic, *partitions); ++p) {
      const auto records = check_records(connection, path, topic, p);
      if (!records) return fail(records.error());
      report.records += *records;
    }
  }
  report.bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
  return report;
}

}  // namespace

Result<CopyReport> inspect(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return fail(Code::not_found, "there is no file " + path);
  try {
    Connection connection(path, Connection::Mode::read);
    return inspect_open(connection, path);
  } catch (const Failure& failure) {
    return fail(Code::invalid, path + " cannot be read as a log: " + failure.message());
  }
}

}  // namespace certes::log::sqlite
