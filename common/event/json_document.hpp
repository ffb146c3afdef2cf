#pragma once
// JsonDocument: one JSON text, checked as a whole (RFC 8259, UTF-8, bounded depth), and looked at without copying it.
// Kept and reused: its buffers stay. Who: the readers of events, ingest (types and ids of raw webhooks). Confined to
// one thread.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace certes::event {

inline constexpr std::size_t kMaxJsonDepth = 256;

// A value of a JsonDocument, while that holds the text it was read from. Nothing by default.
class JsonValue {
 public:
  explicit operator bool() const { return words_[0] != 0; }

 private:
  friend struct JsonValueAccess;
  std::array<std::uintptr_t, 2> words_{};
};

class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  // `body` must stay while the document is used. Error: invalid, why it is not JSON.
  Result<void> parse(std::string_view body);
  // The scalar at a JSON pointer (RFC 6901) of what was parsed last: strings unescaped, numbers as they are written,
  // true and false. Nothing: absent, null, an object or array, or a member on the way that is there twice.
  std::optional<std::string> text_at(std::string_view pointer) const;
  // The same, of strings alone.
  std::optional<std::string> string_at(std::string_view pointer) const;

  // Forgets what was parsed.
  void clear();
  // The whole of what was parsed last. Nothing: nothing was, or it holds numbers that neither 64 bits nor a double can
  // hold, so that their values are not known.
  JsonValue root() const;
  // Whether the values are those that stand in the text.
  bool exact() const;

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

// The same for a text that is looked at once.
std::optional<std::string> json_text_at(std::string_view body, std::string_view pointer);

}  // namespace certes::event
