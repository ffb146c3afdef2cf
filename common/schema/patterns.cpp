#include "common/schema/patterns.hpp"

#include <re2/re2.h>

namespace certes::schema {
namespace {

constexpr std::int64_t kMaxMemory = 1 << 20;  // of one expression, prepared and matched

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  return options;
}

}  // namespace

struct Pattern::Compiled {
  RE2 expression;
};

Result<Pattern> Pattern::make(const std::string& text) {
  auto compiled = std::shared_ptr<const Compiled>(new Compiled{RE2(text, options())});
  if (!compiled->expression.ok())
    return fail(Code::invalid, "is no regular expression that RE2 takes: " + compiled->expression.error());
  return Pattern(std::move(compiled));
}

bool Pattern::found_in(std::string_view text) const {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), compiled_->expression);
}

std::size_t Pattern::instructions() const {
  return static_cast<std::size_t>(std::max(compiled_->expression.ProgramSize(), 1));
}

std::size_t Pattern::steps(std::size_t bytes) const {
  constexpr std::size_t kOfAMatch = 4, kPerStep = 16;
  constexpr std::size_t kSmall = 14;  // its states, some hundred, always fit
  return kOfAMatch + (bytes + 1) * (instructions() <= kSmall ? 1 : instructions()) / kPerStep;
}

}  // namespace certes::schema
