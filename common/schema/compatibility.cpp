#include "common/schema/compatibility.hpp"

#include "common/schema/inclusion.hpp"

namespace certes::schema {
namespace {

// No schema accepts everything.
Result<Json> read(std::string_view schema) { return schema.empty() ? Json(true) : tree_of(schema); }

std::string place(const std::string& pointer) { return pointer.empty() ? "at its root" : "at " + pointer; }

Result<MaybeGap> gap_between(std::string_view from_text, std::string_view to_text) {
  const auto from = read(from_text), to = read(to_text);
  if (!from) return fail(from.error());
  if (!to) return fail(to.error());
  Budget budget;
  try {
    return Inclusion(budget).find_gap({Node{&*from, &*from, "", &budget}}, Node{&*to, &*to, "", &budget});
  } catch (const Undecided&) {
    return fail(Code::invalid,
                "whether it is compatible with the last version cannot be decided: comparing them takes "
                "more than " +
                    std::to_string(Budget::kOfRequest) + " steps");
  }
}

}  // namespace

Result<void> check_backward(std::string_view older, std::string_view newer) {
  const auto gap = gap_between(older, newer);
  if (!gap) return fail(gap.error());
  if (!*gap) return {};
  return fail(Code::invalid,
              "is not backward compatible: of what the last version accepts (" + place((*gap)->from) +
                  "), this one refuses some, as far as can be decided: " + (*gap)->why,
              (*gap)->to);
}

Result<void> check_forward(std::string_view older, std::string_view newer) {
  const auto gap = gap_between(newer, older);
  if (!gap) return fail(gap.error());
  if (!*gap) return {};
  return fail(Code::invalid,
              "is not forward compatible: of what this one accepts, the last version refuses some (" +
                  place((*gap)->to) + "), as far as can be decided: " + (*gap)->why,
              (*gap)->from);
}

}  // namespace certes::schema
