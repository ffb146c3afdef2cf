#include "common/log/sqlite/record_format.hpp"

#include <cstring>

namespace certes::log::sqlite {
namespace {

constexpr std::uint32_t kNoKey = 0xffff'ffff;

struct Prefix {
  UnixMillis appended_at;
  std::uint32_t key_size;
  std::uint32_t headers_size;
};
static_assert(sizeof(Prefix) == 16);

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

std::optional<UnixMillis> append_time(std::string_view bytes) {
  if (bytes.size() < kAppendTimeBytes) return std::nullopt;
  UnixMillis at = 0;
  std::memcpy(&at, bytes.data(), sizeof at);
  return at;
}

}  // namespace certes::log::sqlite
