#include "api/openapi/description.hpp"

#include "api/openapi/problems.hpp"
#include "api/openapi/schemas.hpp"
#include "api/table.hpp"
#include "certes_api_texts.hpp"
#include "common/json/json.hpp"
#include "gateway/table.hpp"

namespace certes::api {
namespace {

using registry::OrderedJson;

constexpr const char* kProblems = "x-problems";

// With what resources.json says of a kind in the place of ${type}, ${types}, ${kind}, ${one}, ${many} and ${tag}.
OrderedJson filled_in(const OrderedJson& operation, const std::string& kind, const OrderedJson& words) {
  std::string text = operation.dump();
  const auto put = [&text](const std::string& name, const std::string& value) {
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
      text.replace(at, name.size(), value);
  };
  const auto type = words.at("type").get<std::string>();
  put("${types}", type.ends_with('y') ? type.substr(0, type.size() - 1) + "ies" : type + "s");
  put("${type}", type);
  put("${kind}", kind);
  for (const char* word : {"one", "many", "tag"})
    put("${" + std::string(word) + "}", words.at(word).get<std::string>());
  return json_or_null<OrderedJson>(text);
}

std::vector<std::string> names_in(const std::string& pattern) {
  std::vector<std::string> names;
  for (std::size_t at = pattern.find('{'); at != std::string::npos; at = pattern.find('{', at + 1))
    names.push_back(pattern.substr(at + 1, pattern.find('}', at) - at - 1));
  return names;
}

std::string lower(std::string method) {
  for (char& c : method) c = static_cast<char>(c + ('a' - 'A'));
  return method;
}

OrderedJson security_of(const gateway::Route& route) {
  using gateway::Access;
  OrderedJson all = OrderedJson::array();
  if (route.access == Access::open) return all;
  OrderedJson scopes = OrderedJson::array();
  if (!route.scope.empty()) scopes.push_back(route.scope);
  for (const char* scheme : {"key", "password"}) {
    OrderedJson one;
    one[scheme] = scopes;
    all.push_back(std::move(one));
  }
  const bool decided_elsewhere = route.access == Access::source || route.access == Access::metrics;
  if (decided_elsewhere) all.push_back(OrderedJson::object());
  return all;
}

class Assembly {
 public:
  Assembly()
      : document_(json_or_null<OrderedJson>(kDocumentJson)),
        operations_(json_or_null<OrderedJson>(kOperationsJson)),
        resources_(json_or_null<OrderedJson>(kResourcesJson)) {
    document_["info"]["version"] = CERTES_VERSION;
    for (const auto& [kind, words] : resources_.items())
      if (kind != "all") add_schemas(document_["components"]["schemas"], kind, words, resources_["all"]);
    for (const gateway::IngestRow& row : gateway::routes()) add(row, false);
    for (const ApiRow& row : routes()) add(row, true);
    for (const auto& [name, operation] : operations_["routes"].items())
      if (!used_.contains(name)) gaps_.push_back("there is no route " + name);
    for (const auto& [name, schema] : document_["components"]["schemas"].items()) look_at(schema, name);
  }

  Description result() && { return {document_.dump(), std::move(gaps_)}; }

 private:
  // What stands there of a route, or of all kinds of resources; null: nothing.
  OrderedJson operation_of(const gateway::Route& route) {
    const std::string name = route.method + " " + route.pattern;
    if (operations_["routes"].contains(name)) {
      used_.insert(name);
      return operations_["routes"][name];
    }
    const std::string path = route.pattern.substr(std::min(kApiRoot.size() + 1, route.pattern.size()));
    const std::string kind = path.substr(0, path.find('/'));
    const std::string of_kinds = route.method + " /${kind}" + path.substr(kind.size());
    if (!resources_.contains(kind) || !operations_["kinds"].contains(of_kinds)) return nullptr;
    return filled_in(operations_["kinds"][of_kinds], kind, resources_[kind]);
  }

  void add(const gateway::Route& route, bool at_api) {
    OrderedJson& item = document_["paths"][route.pattern];
    add_server(item, at_api && route.pattern.starts_with(kApiRoot), at_api);
    OrderedJson& place = item[lower(route.method)];
    if (!place.is_null()) return;  // a page that both listeners have
    OrderedJson operation = operation_of(route);
    if (operation.is_null()) gaps_.push_back(route.method + " " + route.pattern + " has no operation");
    place = {{"summary", route.summary}};
    place.update(operation);
    place["security"] = security_of(route);
    add_parameters(place, route, at_api);
    add_problems(place, route, at_api);
  }

  // Of a path that is not the Master API's: who serves it.
  void add_server(OrderedJson& item, bool of_api, bool at_api) {
    if (of_api) return;
    const OrderedJson api = document_["servers"][0];
    if (at_api) {
      item["servers"].push_back(api);
      return;
    }
    if (item.contains("servers")) return;
    item["servers"] = OrderedJson::array();
    item["servers"].push_back({{"url", "{gateway}"},
                               {"description", "The gateway"},
                               {"variables",
                                {{"gateway",
                                  {{"default", "http://127.0.0.1:9600"},
                                   {"description", "Where it listens: the setting gateway.listen."}}}}}});
  }

  void add_parameters(OrderedJson& operation, const gateway::Route& route, bool at_api) {
    OrderedJson said = operation.value("parameters", OrderedJson::array());
    OrderedJson all = OrderedJson::array();
    for (const std::string& name : names_in(route.pattern))
      all.push_back(parameter(said, name, "path", name == "tenant" ? "pathTenant" : name, route));
    const bool of_a_tenant =
        at_api && route.access != gateway::Access::open && route.access != gateway::Access::metrics;
    std::vector<std::string> query = route.parameters;
    if (of_a_tenant) query.emplace_back("tenant");
    for (const std::string& name : query) all.push_back(parameter(said, name, "query", name, route));
    for (OrderedJson& one : said) {
      if (at_api && one.value("in", "") == "query")
        gaps_.push_back(route.method + " " + route.pattern + " takes no " + one.at("name").get<std::string>());
      all.push_back(std::move(one));
    }
    operation.erase("parameters");
    if (!all.empty()) operation["parameters"] = std::move(all);
  }

  // One that the operation says, which is taken out of there, or else that of all.
  OrderedJson parameter(OrderedJson& said, const std::string& name, const char* in, const std::string& of_all,
                        const gateway::Route& route) {
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (said[i].value("name", "") != name || said[i].value("in", "") != in) continue;
      OrderedJson found = std::move(said[i]);
      said.erase(i);
      return found;
    }
    const OrderedJson& known = document_["components"]["parameters"];
    if (!known.contains(of_all) || known[of_all].value("in", "") != in)
      gaps_.push_back(route.method + " " + route.pattern + ": nothing is said of its parameter " + name);
    return {{"$ref", "#/components/parameters/" + of_all}};
  }

  void add_problems(OrderedJson& operation, const gateway::Route& route, bool at_api) {
    Problems problems = problems_of(route, at_api);
    for (const OrderedJson& type : operation.value(kProblems, OrderedJson::array()))
      if (!add_problem(problems, type.get<std::string>()))
        gaps_.push_back(route.method + " " + route.pattern + ": there is no problem " + type.get<std::string>());
    operation.erase(kProblems);
    for (const auto& [status, types] : problems) add_response(operation["responses"], status, types);
  }

  void add_response(OrderedJson& responses, int status, const std::set<std::string>& types) {
    OrderedJson& place = responses[std::to_string(status)];
    if (!place.is_null()) {  // as text, too
      const OrderedJson problem = response_of(status, types);
      place["content"].update(problem["content"]);
      place["x-problem-types"] = problem["x-problem-types"];
      return;
    }
    const std::string name = name_of(types);
    OrderedJson& shared = document_["components"]["responses"][name];
    if (shared.is_null()) shared = response_of(status, types);
    place = {{"$ref", "#/components/responses/" + name}};
  }

  // Every member has a word, or is one of the schemas that have.
  void look_at(const OrderedJson& schema, const std::string& place) {
    const auto properties = schema.find("properties");
    if (properties == schema.end()) return;
    for (const auto& [name, member] : properties->items()) {
      const std::string at = place + "/" + name;
      if (!member.contains("$ref") && member.value("description", "").empty())
        gaps_.push_back(at + ": nothing is said of it");
      look_at(member, at);
    }
  }

  OrderedJson document_, operations_, resources_;
  std::set<std::string> used_;
  std::vector<std::string> gaps_;
};

}  // namespace

const Description& description() {
  static const Description made = Assembly().result();
  return made;
}

http::Response show_description(const http::Request&) { return json_response(200, description().text); }

}  // namespace certes::api
