#include "certes/commands/owners.hpp"

#include <set>

#include "certes/commands/declared_kinds.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

std::string text_in(const Json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

std::string owner_of(const std::string& body) {
  const Json object = json_or_null<Json>(body);
  return object.is_object() ? text_in(object, "owner") : std::string();
}

Result<std::vector<std::string>> declared_before(client::ApiClient& api, const std::string& owner,
                                                 const std::vector<Declaration>& declarations) {
  std::set<std::string> kept;
  for (const Declaration& declaration : declarations) kept.insert(declaration.name());
  std::vector<std::string> found;
  const auto kinds = declared_kinds();
  for (auto kind = kinds.rbegin(); kind != kinds.rend(); ++kind) {
    const std::string path = kind->path;
    const auto listed = api.list("/" + path);
    if (!listed) return fail(listed.error());
    for (const Json& item : json_or_null<Json>(*listed)) {
      const std::string id = text_in(item, "id");
      if (text_in(item, "owner") == owner && !kept.contains(path + "/" + id))
        found.push_back(path + "/" + client::percent_encode(id));
    }
  }
  return found;
}

}  // namespace certes::command
