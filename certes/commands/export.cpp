#include "certes/commands/export.hpp"

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/declared_kinds.hpp"
#include "certes/commands/differences.hpp"
#include "common/event/own_names.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

bool is_built_in(const DeclaredKind& kind, const Json& item) {
  return std::string_view(kind.path) == "event-types" && event::is_own_type(item.value("id", std::string()));
}

Json as_declared(const Json& item) {
  Json declared = Json::object();
  for (const auto& [name, value] : item.items())
    if (name == "id" || (name != "state" && !is_services_own(name))) declared[name] = value;
  if (!declared.contains("owner")) declared["owner"] = "";  // else it would be that of who applies the file
  return declared;
}

}  // namespace

Exported exported(const std::map<std::string, std::string>& listed, const std::string& owner) {
  Exported out;
  Json file = Json::object();
  for (const DeclaredKind& kind : declared_kinds()) {
    const auto found = listed.find(kind.path);
    if (found == listed.end()) continue;
    for (const Json& item : json_or_null<Json>(found->second)) {
      if (is_built_in(kind, item) || (!owner.empty() && item.value("owner", std::string()) != owner)) continue;
      if (item.contains("unusable"))
        out.left_out.push_back(std::string(kind.path) + "/" + item.value("id", std::string()));
      else
        file[kind.table].push_back(as_declared(item));
    }
  }
  out.text = file.dump(2, ' ', false, Json::error_handler_t::replace);
  return out;
}

int run_command(const ExportOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  std::map<std::string, std::string> listed;
  for (const DeclaredKind& kind : declared_kinds()) {
    auto items = api->list(std::string("/") + kind.path);
    if (!items) return failed(items.error());
    listed[kind.path] = std::move(*items);
  }
  const Exported file = exported(listed, options.owner);
  for (const std::string& name : file.left_out)
    std::fprintf(stderr, "certes: %s is left out: this version of Certes cannot use it\n", name.c_str());
  print(file.text + "\n");
  return kExitOk;
}

}  // namespace certes::command
