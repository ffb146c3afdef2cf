#pragma once
// How words of payloads are sought, if history keeps them. Who: Texts, Lookup, the routes. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace certes::api::history {

// The word that stands for a tenant beside each of its texts.
std::string tenant_word(std::string_view tenant);

// An expression of FTS5 (sqlite.org/fts5.html, 3) for texts of that tenant that have all these words, which white space
// divides, wherever they stand; what stands in one word and is divided by punctuation, in that order ("A-17"); a word
// that ends in * is a beginning. Nothing: there is no letter and no digit in it.
std::optional<std::string> match_of(std::string_view tenant, std::string_view words);

}  // namespace certes::api::history
