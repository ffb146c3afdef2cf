#pragma once
// What a source's scheme says of a provider's webhooks where the source itself says nothing: type, id, the headers that
// travel on, the answer. The table of docs/sources.md. Who: PreparedSource. Constant, any thread.

#include <string_view>
#include <vector>

namespace certes::gateway::ingest {

struct Preset {
  std::string_view scheme;
  std::vector<std::string_view> type_from = {}, id_from = {};  // of each the first that finds something
  std::string_view json_in = {};  // the field of a form that holds the JSON, where the body is a form
  char separator = 0;             // of the provider's type, which becomes '.'
  int status = 202;               // of the answer
  std::string_view content_type = {}, body = {};
  std::vector<std::string_view> forwarded = {};  // lower case: signature, event, id and time
};

// An empty one where the scheme has none.
const Preset& preset_of(std::string_view scheme);

}  // namespace certes::gateway::ingest
