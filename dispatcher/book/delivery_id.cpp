#include "dispatcher/book/delivery_id.hpp"

#include "common/base/hash.hpp"
#include "common/base/hex.hpp"
#include "common/log/names.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::uint64_t kSecondSeed = 0x6c62272e07bb0142ull;

// FNV leaves the high bits of late bytes weak: mixed once more (the finalizer of MurmurHash3).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdull;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53ull;
  return value ^ (value >> 33);
}

}  // namespace

std::string delivery_id(std::string_view event_id, std::string_view endpoint_id, std::string_view replay) {
  static constexpr std::string_view kEnd("\0", 1);
  std::uint64_t forwards = hash64(kEnd, hash64(event_id));
  forwards = hash64(replay, hash64(kEnd, hash64(endpoint_id, forwards)));
  std::uint64_t backwards = hash64(kEnd, hash64(replay, kSecondSeed));
  backwards = hash64(event_id, hash64(kEnd, hash64(endpoint_id, backwards)));
  std::string id;
  id.reserve(36);
  id.append("dlv_");
  append_hex(id, mixed(forwards));
  append_hex(id, mixed(backwards));
  return id;
}

std::string delivery_id(const log::StoredRecord& event, std::string_view event_id, std::string_view home,
                        std::string_view endpoint_id) {
  const std::string_view replay = event.headers.get(log::names::kReplay);
  if (event.headers.find(log::names::kTenant).value_or("default") == home)
    return delivery_id(event_id, endpoint_id, replay);
  return delivery_id(event_id, std::string(home).append(1, '/').append(endpoint_id), replay);
}

}  // namespace certes::dispatcher
