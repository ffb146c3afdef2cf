#pragma once
// What can be searched of payloads: their words, if history is to keep them. Who: Index, Lookup. Pure; a TextReader is
// confined to a thread.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace certes::api::history {

// Of JSON the names and the values, as they are meant and not as they are written ("M\u00fcller" is Müller); of what
// else is UTF-8, all; of other bytes nothing.
class TextReader {
 public:
  TextReader();
  ~TextReader();
  TextReader(TextReader&&) noexcept;
  TextReader& operator=(TextReader&&) noexcept;

  // At most so many bytes, from the beginning; a character is not cut.
  std::string text_of(std::string_view payload, std::size_t most);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// The word that stands for a tenant beside each of its texts.
std::string tenant_word(std::string_view tenant);

// An expression of FTS5 (sqlite.org/fts5.html, 3) for texts of that tenant that have all these words, which white space
// divides, wherever they stand; what stands in one word and is divided by punctuation, in that order ("A-17"); a word
// that ends in * is a beginning. Nothing: there is no letter and no digit in it.
std::optional<std::string> match_of(std::string_view tenant, std::string_view words);

}  // namespace certes::api::history
