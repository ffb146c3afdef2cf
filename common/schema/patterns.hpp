#pragma once
// Pattern: a regular expression of a schema, matched in time linear in the text, whatever either is: RE2. Who: schema,
// the validator. Immutable, any thread.

#include <memory>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace certes::schema {

class Pattern {
 public:
  // Error: invalid, why it is no expression of RE2's (look-around and back references are none).
  static Result<Pattern> make(const std::string& text);
  // Anywhere in the text.
  bool found_in(std::string_view text) const;
  // What that may take of a Budget. The automaton of a small expression is kept whole, and a byte is one look at it
  // (measured: 1.3 to 1.6 ns). Of another, RE2 may not be able to keep it, and each byte may cost a look at every
  // instruction (up to 3.2 ns each).
  std::size_t steps(std::size_t bytes) const;
  // Of RE2's program: what preparing costs.
  std::size_t instructions() const;

 private:
  struct Compiled;
  explicit Pattern(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace certes::schema
