#pragma once
// An item of a checkpoint (a chunk, a piece of the lanes, the manifest) as a run of records of `progress`. Each record
// says of which item it is and which of how many, and has a CRC of all it says; records of a former owner may stand
// between. Who: the codecs' callers. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/log/record.hpp"

namespace certes::dispatcher::book {

enum class ItemKind : std::uint32_t { chunk, lanes, manifest };

struct ItemName {
  std::uint64_t checkpoint = 0;  // tells it from those of other checkpoints of the partition
  ItemKind kind = ItemKind::chunk;
  std::uint32_t number = 0;  // of a chunk or a piece
  bool operator==(const ItemName&) const = default;
};

inline constexpr std::size_t kItemRecordBytes = 512u << 10;  // none is larger
inline constexpr std::size_t kItemRoom = 256;                // of a record: its frame, and headers that are added
inline constexpr std::size_t kItemBytes = 256u << 20;        // of an item that is believed

// The records, to be appended in this order; at least one. None is larger than `most_bytes` (at least 1 KiB) with the
// headers that are added.
std::vector<log::Record> item_records(const ItemName& name, std::string_view payload, std::size_t most_bytes);

// Puts an item together again from what stands in `progress` from its first record on. It holds no more than is there.
class ItemReader {
 public:
  // None: whatever the first record is of.
  explicit ItemReader(std::optional<ItemKind> kind = {}, std::uint32_t number = 0) : kind_(kind), number_(number) {}
  // True: complete. An error: unreadable, or not what was to be read.
  Result<bool> add(const log::StoredRecord& record);
  const ItemName& name() const { return *name_; }
  const std::string& payload() const { return payload_; }
  // What the record is of; nothing: of no item.
  static std::optional<ItemName> of(const log::StoredRecord& record);

 private:
  std::optional<ItemKind> kind_;
  std::uint32_t number_;
  std::optional<ItemName> name_;
  std::uint32_t next_ = 0, count_ = 0;
  std::string payload_;
};

}  // namespace certes::dispatcher::book
