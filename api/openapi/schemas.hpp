#pragma once
// The schemas of the resources: as they are declared, changed and shown, made from what reads a declaration and from
// what resources.json says of its members. Who: the description of the API. Pure, any thread.

#include <string_view>

#include "common/registry/json.hpp"

namespace certes::api {

// TYPE, TYPEDeclaration, TYPEPatch and TYPEPage of a kind, into `schemas`. `words`: what resources.json says of it,
// `of_all`: of all kinds.
void add_schemas(registry::OrderedJson& schemas, std::string_view kind, const registry::OrderedJson& words,
                 const registry::OrderedJson& of_all);

}  // namespace certes::api
