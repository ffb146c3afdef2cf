// How much of a schema applies to one value: references and branches multiply.
#include <algorithm>
#include <map>

#include "common/schema/document.hpp"
#include "common/schema/schema.hpp"

namespace certes::schema {
namespace {

class Expansion {
 public:
  Expansion(const Json& root, const Places& places) : root_(root), places_(places) {}

  // `references`: that led here, so that this recurses no deeper than they may.
  Result<void> measure(const Json& schema, std::size_t references) {
    if (references > kMostReferences)
      return wrong(schema, "more than " + std::to_string(kMostReferences) + " references lead here, one to the next");
    const auto [found, fresh] = extents_.try_emplace(&schema);
    if (!fresh && found->second.open) return wrong(schema, "refers to itself without going into the value");
    if (!fresh) return bounded(schema, references + found->second.references);
    found->second.open = true;
    Extent extent;
    const Json* const referred = reference_of(schema);
    for (const Json* next : in_place(root_, schema)) {
      const std::size_t one = next == referred ? 1 : 0;
      if (auto ok = measure(*next, references + one); !ok) return ok;
      const Extent& inner = extents_.find(next)->second;
      extent.schemas += inner.schemas;
      extent.references = std::max(extent.references, one + inner.references);
      if (extent.schemas > kMostInPlace)
        return wrong(schema, "more than " + std::to_string(kMostInPlace) + " schemas would apply to one value here");
    }
    extent.open = false;
    extents_[&schema] = extent;
    return {};
  }

 private:
  struct Extent {
    std::size_t schemas = 1;
    std::size_t references = 0;
    bool open = true;
  };

  Result<void> bounded(const Json& schema, std::size_t references) const {
    if (references <= kMostReferences) return {};
    return wrong(schema,
                 "more than " + std::to_string(kMostReferences) + " references lead on from here, one to the next");
  }

  const Json* reference_of(const Json& schema) const {
    const Json* const ref = schema.is_object() ? member(schema, "$ref") : nullptr;
    return ref != nullptr && ref->is_string() ? resolve(root_, ref->get_ref<const std::string&>()) : nullptr;
  }

  Result<void> wrong(const Json& schema, std::string what) const {
    const auto place = places_.find(&schema);
    return fail(Code::invalid, std::move(what), place == places_.end() ? std::string() : place->second);
  }

  const Json& root_;
  const Places& places_;
  std::map<const Json*, Extent> extents_;
};

}  // namespace

Result<void> check_expansion(const Json& root, const Places& schemas) {
  Expansion expansion(root, schemas);
  for (const auto& [schema, place] : schemas)
    if (auto ok = expansion.measure(*schema, 0); !ok) return ok;
  return {};
}

}  // namespace certes::schema
