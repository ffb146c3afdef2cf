#include "dispatcher/ownership/commit_note.hpp"

#include <charconv>

namespace certes::dispatcher {

std::string encode(const CommitNote& note) {
  return "certes1 " + std::to_string(note.first) + ' ' + std::to_string(note.last) + ' ' + std::to_string(note.term) +
         ' ' + std::to_string(note.before) + ' ' + std::to_string(note.offset);
}

std::optional<CommitNote> decode_note(std::string_view metadata) {
  constexpr std::string_view kPrefix = "certes1";
  CommitNote note;
  if (!metadata.starts_with(kPrefix)) return std::nullopt;
  metadata.remove_prefix(kPrefix.size());
  for (std::int64_t* number : {&note.first, &note.last, &note.term, &note.before, &note.offset}) {
    if (!metadata.starts_with(' ')) return std::nullopt;
    const auto end = metadata.data() + metadata.size();
    const auto [at, error] = std::from_chars(metadata.data() + 1, end, *number);
    if (error != std::errc{}) return std::nullopt;
    metadata.remove_prefix(static_cast<std::size_t>(at - metadata.data()));
  }
  if (!metadata.empty() || note.first > note.last) return std::nullopt;
  return note;
}

}  // namespace certes::dispatcher
