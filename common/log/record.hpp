#pragma once
// Records as they go to and come from the log. Headers are kept in one block of bytes, so that a record costs two
// allocations, not twenty, and an engine can store the block as it is.
// Used by everything that touches the log. Plain values; a StoredRecord is immutable and shared between threads.

#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::log {

// The topics that Certes knows; their names on the log are to_string(topic), on Kafka behind the installation's prefix.
enum class Topic : std::uint8_t { registry, events, attempts, dead_letters, progress };
inline constexpr int kTopics = 5;
std::string_view to_string(Topic topic);  // "registry", "events", "attempts", "dead-letters", "progress"
std::optional<Topic> parse_topic(std::string_view name);

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// An ordered list of (name, value); names are case-sensitive and may repeat (find gives the first).
// Encoding: u16 name size, u32 value size (host order is little endian on all our machines), name, value.
class Headers {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = HeaderView;
    using difference_type = std::ptrdiff_t;
    using pointer = const HeaderView*;
    using reference = HeaderView;
    explicit Iterator(const char* at) : at_(at) {}
    HeaderView operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator&) const = default;

   private:
    const char* at_;
  };

  // Precondition: name at most 65,535 bytes, value at most 4 GiB - 1.
  void add(std::string_view name, std::string_view value);
  // The first value of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view get(std::string_view name) const { return find(name).value_or(std::string_view{}); }
  Iterator begin() const { return Iterator(bytes_.data()); }
  Iterator end() const { return Iterator(bytes_.data() + bytes_.size()); }
  bool empty() const { return bytes_.empty(); }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

  // The block itself, for engines that store it. from_bytes gives nothing if it is not such a block.
  const std::string& bytes() const { return bytes_; }
  static std::optional<Headers> from_bytes(std::string_view bytes);

 private:
  std::string bytes_;
};

// (source, id) of an event in sixteen bytes: what de-duplication compares. All zero: none.
struct Identity {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Identity&) const = default;
  explicit operator bool() const { return (high | low) != 0; }
};

// What is appended.
struct Record {
  std::optional<std::string> key;  // decides the partition where none is named; none: the engine's choice
  Headers headers;
  std::string value;
  // Where the engine can (Log::exact_deduplication), an event whose identity is in the window is not stored again;
  // the answer names the first one's certes-id. Only for Topic::events.
  Identity identity;

  std::size_t size() const { return headers.bytes().size() + value.size() + (key ? key->size() : 0); }
};

// What was read.
struct StoredRecord {
  Topic topic = Topic::events;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  UnixMillis appended_at = 0;  // LogAppendTime
  std::optional<std::string> key;
  Headers headers;
  std::string value;

  std::size_t size() const { return headers.bytes().size() + value.size() + (key ? key->size() : 0); }
};
using RecordPtr = std::shared_ptr<const StoredRecord>;

}  // namespace certes::log
