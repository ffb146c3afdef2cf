#include "common/log/record.hpp"

namespace certes::log {
namespace {

constexpr std::size_t kSizes = sizeof(std::uint16_t) + sizeof(std::uint32_t);
constexpr std::string_view kNames[kTopics] = {"registry", "events", "attempts", "dead-letters", "progress"};

struct Sizes {
  std::uint16_t name;
  std::uint32_t value;
};

Sizes sizes_at(const char* at) {
  Sizes sizes{};
  std::memcpy(&sizes.name, at, sizeof sizes.name);
  std::memcpy(&sizes.value, at + sizeof sizes.name, sizeof sizes.value);
  return sizes;
}

}  // namespace

std::string_view to_string(Topic topic) { return kNames[static_cast<std::size_t>(topic)]; }

std::optional<Topic> parse_topic(std::string_view name) {
  for (std::size_t i = 0; i < kTopics; ++i)
    if (kNames[i] == name) return static_cast<Topic>(i);
  return std::nullopt;
}

HeaderView Headers::Iterator::operator*() const {
  const Sizes sizes = sizes_at(at_);
  return {{at_ + kSizes, sizes.name}, {at_ + kSizes + sizes.name, sizes.value}};
}

Headers::Iterator& Headers::Iterator::operator++() {
  const Sizes sizes = sizes_at(at_);
  at_ += kSizes + sizes.name + sizes.value;
  return *this;
}

void Headers::add(std::string_view name, std::string_view value) {
  const auto name_size = static_cast<std::uint16_t>(name.size());
  const auto value_size = static_cast<std::uint32_t>(value.size());
  bytes_.append(reinterpret_cast<const char*>(&name_size), sizeof name_size);
  bytes_.append(reinterpret_cast<const char*>(&value_size), sizeof value_size);
  bytes_.append(name).append(value);
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const HeaderView header : *this)
    if (header.name == name) return header.value;
  return std::nullopt;
}

std::optional<Headers> Headers::from_bytes(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    if (bytes.size() - at < kSizes) return std::nullopt;
    const Sizes sizes = sizes_at(bytes.data() + at);
    at += kSizes;
    if (bytes.size() - at < std::size_t{sizes.name} + sizes.value) return std::nullopt;
    at += std::size_t{sizes.name} + sizes.value;
  }
  Headers headers;
  headers.bytes_ = bytes;
  return headers;
}

}  // namespace certes::log
