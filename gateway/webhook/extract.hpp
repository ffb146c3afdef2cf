#pragma once
// Extract: where the type, id, key or subject of a raw webhook comes from, as a source's `*_from` names it:
// `header:NAME`, `json:/pointer`, `form:NAME`, `const:TEXT`, or a template
// `github.{header:X-GitHub-Event}.{json:/action}`. Parsed once per version of a source. Who: ingest; the API may check
// with parse(). Immutable, any thread.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace certes::gateway::ingest {

using Lookup = std::function<std::optional<std::string>(std::string_view)>;
inline const Lookup kFindsNothing = [](std::string_view) { return std::optional<std::string>(); };

// What a request offers. `json`: the scalar at a pointer, `form`: the field of a form; called only if something asks.
struct Offer {
  const Lookup& header;
  const Lookup& json;
  const Lookup& form = kFindsNothing;
};

class Extract {
 public:
  Extract() = default;  // finds nothing
  // Error: invalid, says what is wrong with the text.
  static Result<Extract> parse(std::string_view text);

  bool empty() const { return parts_.empty(); }
  const std::string& text() const { return text_; }  // that it was parsed from
  // In a template a part that is absent goes together with the '.' before it; if the first part that is looked up is
  // absent, there is no value. So `{header:X-GitHub-Event}.{json:/action}` is `push` where there is no action.
  std::optional<std::string> operator()(const Offer& offer) const;

 private:
  enum class From : std::uint8_t { text, header, json, form };
  struct Part {
    From from;
    std::string value;
  };
  static Result<Part> parse_part(std::string_view text);
  std::string text_;
  std::vector<Part> parts_;
};

// Of several, the first that finds something; and where that was.
struct Found {
  std::string value;
  std::string_view from;
};
std::optional<Found> first_found(const std::vector<Extract>& extracts, const Offer& offer);

}  // namespace certes::gateway::ingest
