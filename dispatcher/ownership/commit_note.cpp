#include "dispatcher/ownership/commit_note.hpp"

#include <charconv>

namespace certes::dispatcher {
namespace {

constexpr std::string_view kPrefix = "certes2";  // 1 named a checkpoint without chunks

}  // namespace

std::string encode(const CommitNote& note) {
  std::string text(kPrefix);
  for (const std::int64_t number : {note.manifest, note.previous, note.term, note.offset})
    text.append(" ").append(std::to_string(number));
  return text;
}

std::optional<CommitNote> decode_note(std::string_view metadata) {
  CommitNote note;
  if (!metadata.starts_with(kPrefix)) return std::nullopt;
  metadata.remove_prefix(kPrefix.size());
  for (std::int64_t* number : {&note.manifest, &note.previous, &note.term, &note.offset}) {
    if (!metadata.starts_with(' ')) return std::nullopt;
    const auto end = metadata.data() + metadata.size();
    const auto [at, error] = std::from_chars(metadata.data() + 1, end, *number);
    if (error != std::errc{}) return std::nullopt;
    metadata.remove_prefix(static_cast<std::size_t>(at - metadata.data()));
  }
  if (!metadata.empty() || (note.manifest < 0 && note.previous >= 0)) return std::nullopt;
  return note;
}

}  // namespace certes::dispatcher
