#include "common/transform/event_source.hpp"

#include <set>

#include "common/base/form.hpp"
#include "common/event/attributes.hpp"
#include "common/event/structured.hpp"

namespace certes::transform {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

std::string json_of(const FormFields& fields) {
  std::set<std::string_view> names;
  std::string json = "{";
  for (const auto& [name, value] : fields) {
    if (!names.insert(name).second) continue;
    if (json.size() > 1) json += ',';
    event::append_json_string(json, name);
    json += ':';
    event::append_json_string(json, value);
  }
  return json + '}';
}

}  // namespace

bool parse_payload(const Source& source, std::string& form) {
  const std::string_view payload = source.record.value;
  if (event::equal_ignoring_case(event::media_type(source.view.content_type), kForm)) {
    const auto fields = parse_form(payload);
    if (!fields) return false;
    form = json_of(*fields);
    return source.document.parse(form).has_value();
  }
  return !payload.empty() && source.document.parse(payload).has_value();
}

}  // namespace certes::transform
