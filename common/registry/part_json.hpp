#pragma once
// The texts of an endpoint's `auth` or `tls` between JSON and its struct, by the table of its members.
// Internal to the registry. Pure.

#include "common/registry/codec.hpp"
#include "common/registry/part_member.hpp"

namespace certes::registry {

template <class Part>
void read_texts(Fields& fields, Part& part, Form form) {
  constexpr std::size_t kSealedBytes = 128;  // that sealing adds, beside making base64 of it
  for (const PartMember<Part>& member : Part::members()) {
    const bool longer = member.sealed && form == Form::stored;
    fields.text(member.name, part.*member.place, longer ? 2 * member.max_bytes + kSealedBytes : member.max_bytes);
  }
}

template <class Part>
void write_texts(OrderedJson& out, const Part& part, bool stored) {
  for (const PartMember<Part>& member : Part::members()) {
    const std::string& text = part.*member.place;
    if (text.empty()) continue;
    if (member.sealed && !stored)
      out[std::string(member.name)] = kShownSealed;
    else
      out[std::string(member.name)] = text;
  }
}

}  // namespace certes::registry
