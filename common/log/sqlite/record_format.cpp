#include "common/log/sqlite/record_format.hpp"

#include <cstring>

namespace certes::log::sqlite {
namespace {

constexpr std::uint32_t kNoKey = 0xffff'ffff;
constexpr std::uint32_t kErased = 0xffff'ffff;  // in the place of the headers' size

struct Prefix {
  UnixMillis appended_at;
  std::uint32_t key_size;
  std::uint32_t headers_size;
};
static_assert(sizeof(Prefix) == 16);
static_assert(sizeof(Prefix) + sizeof(std::int64_t) == kMarkBytes);

}  // namespace

void encode(const StoredRecord& record, std::string& out) {
  const std::string& headers = record.headers.bytes();
  Prefix prefix{};
  prefix.appended_at = record.appended_at;
  prefix.key_size = record.key ? static_cast<std::uint32_t>(record.key->size()) : kNoKey;
  prefix.headers_size = static_cast<std::uint32_t>(headers.size());
  out.clear();
  out.reserve(sizeof prefix + record.size());
  out.append(reinterpret_cast<const char*>(&prefix), sizeof prefix);
  if (record.key) out.append(*record.key);
  out.append(headers).append(record.value);
}

bool decode(std::string_view bytes, StoredRecord& out) {
  Prefix prefix{};
  if (bytes.size() < sizeof prefix) return false;
  std::memcpy(&prefix, bytes.data(), sizeof prefix);
  bytes.remove_prefix(sizeof prefix);
  const std::size_t key_size = prefix.key_size == kNoKey ? 0 : prefix.key_size;
  if (bytes.size() < key_size + std::size_t{prefix.headers_size}) return false;
  auto headers = Headers::from_bytes(bytes.substr(key_size, prefix.headers_size));
  if (!headers) return false;
  out.appended_at = prefix.appended_at;
  if (prefix.key_size == kNoKey)
    out.key.reset();
  else
    out.key.emplace(bytes.substr(0, key_size));
  out.headers = std::move(*headers);
  out.value.assign(bytes.substr(key_size + prefix.headers_size));
  return true;
}

RecordPtr decode(Topic topic, std::int32_t partition, std::int64_t offset, std::string_view bytes) {
  auto record = std::make_shared<StoredRecord>();
  record->topic = topic;
  record->partition = partition;
  record->offset = offset;
  if (!decode(bytes, *record)) return nullptr;
  return record;
}

void encode(const Mark& mark, std::string& out) {
  const Prefix prefix{mark.appended_at, kNoKey, kErased};
  out.assign(reinterpret_cast<const char*>(&prefix), sizeof prefix);
  out.append(reinterpret_cast<const char*>(&mark.end), sizeof mark.end);
}

std::string mark_before(const std::string& table) {
  return "SELECT id, CASE WHEN length(record) = " + std::to_string(kMarkBytes) + " THEN record END FROM " + table +
         " WHERE id <= ?1 ORDER BY id DESC LIMIT 1";
}

std::optional<Mark> decode_mark(std::string_view bytes) {
  if (bytes.size() != kMarkBytes) return std::nullopt;
  Prefix prefix{};
  std::memcpy(&prefix, bytes.data(), sizeof prefix);
  if (prefix.key_size != kNoKey || prefix.headers_size != kErased) return std::nullopt;
  Mark mark{prefix.appended_at, 0};
  std::memcpy(&mark.end, bytes.data() + sizeof prefix, sizeof mark.end);
  return mark;
}

std::optional<UnixMillis> append_time(std::string_view bytes) {
  if (bytes.size() < kAppendTimeBytes) return std::nullopt;
  UnixMillis at = 0;
  std::memcpy(&at, bytes.data(), sizeof at);
  return at;
}

}  // namespace certes::log::sqlite
