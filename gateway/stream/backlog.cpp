#include "gateway/stream/backlog.hpp"

#include <algorithm>
#include <string_view>

namespace certes::gateway::stream {
namespace {

constexpr std::string_view kEmptyLine = "\n";

std::string_view id_of(const Text& id) { return id ? std::string_view(*id) : std::string_view(); }
std::string_view text_of(const Text& text) { return text ? std::string_view(*text) : kEmptyLine; }

}  // namespace

std::size_t Backlog::Piece::size() const { return id_of(id).size() + text_of(text).size(); }

// An id may be this watcher's alone.
std::size_t Backlog::Piece::own_bytes() const { return sizeof(Piece) + (id ? sizeof(std::string) + id->size() : 0); }

void Backlog::Piece::append_from(std::string& out, std::size_t from, std::size_t most) const {
  const std::string_view first = id_of(id), second = text_of(text);
  const std::size_t of_first = std::min(most, first.size() - std::min(from, first.size()));
  if (of_first > 0) out.append(first.substr(from, of_first));
  if (most == of_first) return;
  out.append(second.substr(from + of_first - first.size(), most - of_first));
}

void Backlog::push(Text id, Text text) {
  const Piece& piece = pieces_.emplace_back(Piece{std::move(id), std::move(text)});
  bytes_ += piece.size();
  own_bytes_ += piece.own_bytes();
}

void Backlog::take(std::string& out, std::size_t most) {
  while (most > 0 && !pieces_.empty()) {
    const Piece& first = pieces_.front();
    const std::size_t size = std::min(most, first.size() - given_);
    first.append_from(out, given_, size);
    given_ += size;
    bytes_ -= size;
    most -= size;
    if (given_ < first.size()) return;
    own_bytes_ -= first.own_bytes();
    pieces_.pop_front();
    given_ = 0;
  }
}

void Backlog::drop_unbegun() {
  while (pieces_.size() > (given_ > 0 ? 1 : 0)) {
    bytes_ -= pieces_.back().size();
    own_bytes_ -= pieces_.back().own_bytes();
    pieces_.pop_back();
  }
}

}  // namespace certes::gateway::stream
