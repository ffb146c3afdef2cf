#include "common/schema/compatibility.hpp"

#include "common/schema/inclusion.hpp"

namespace certes::schema {
namespace {

Json tree_of(std::string_view schema) { return schema.empty() ? Json(true) : Json::parse(schema); }

MaybeGap gap_between(const Json& from, const Json& to) {
  return Inclusion().find_gap({Node{&from, &from, ""}}, Node{&to, &to, ""});
}

std::string place(const std::string& pointer) { return pointer.empty() ? "at its root" : "at " + pointer; }

}  // namespace

Result<void> check_backward(std::string_view older, std::string_view newer) {
  const Json from = tree_of(older), to = tree_of(newer);
  const auto gap = gap_between(from, to);
  if (!gap) return {};
  return fail(Code::invalid,
              "is not backward compatible: of what the last version accepts (" + place(gap->from) +
                  "), this one refuses some, as far as can be decided: " + gap->why,
              gap->to);
}

Result<void> check_forward(std::string_view older, std::string_view newer) {
  const Json from = tree_of(newer), to = tree_of(older);
  const auto gap = gap_between(from, to);
  if (!gap) return {};
  return fail(Code::invalid,
              "is not forward compatible: of what this one accepts, the last version refuses some (" + place(gap->to) +
                  "), as far as can be decided: " + gap->why,
              gap->from);
}

}  // namespace certes::schema
