#include "api/openapi/page.hpp"

#include <algorithm>

#include "common/http/server/html.hpp"
#include "common/json/json.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using http::escaped;
using http::marked;
using registry::OrderedJson;

std::string word_of(const OrderedJson& object, const char* member) { return object.value(member, std::string()); }

// Empty where there is none.
const OrderedJson& part_of(const OrderedJson& object, const char* member) {
  static const OrderedJson kNone = OrderedJson::object();
  const auto found = object.find(member);
  return found == object.end() ? kNone : *found;
}

std::string coded(const std::string& text) { return "<code>" + escaped(text) + "</code>"; }

std::string html_row(const std::vector<std::string>& cells) {
  std::string out = "<tr>";
  for (const std::string& cell : cells) out.append("<td>").append(cell).append("</td>");
  return out + "</tr>";
}

std::string html_table(const std::string& head, const std::string& rows) {
  return rows.empty() ? "" : "<table><tr>" + head + "</tr>" + rows + "</table>";
}

class DocsPage {
 public:
  explicit DocsPage(const OrderedJson& document) : document_(document) {}

  std::string html() const {
    const OrderedJson& info = document_.at("info");
    std::string out = "<h1>" + escaped(word_of(info, "title")) + " " + escaped(word_of(info, "version")) + "</h1>";
    out += marked(word_of(info, "description"));
    out += R"(<p><a href="/api/v1/openapi.json">openapi.json</a> · )";
    for (const OrderedJson& tag : document_.at("tags")) out += link("tag-", word_of(tag, "name")) + " · ";
    out += link("", "Schemas") + "</p>";
    for (const OrderedJson& tag : document_.at("tags")) out += section(tag);
    out += "<h2 id=\"Schemas\">Schemas</h2>";
    for (const auto& [name, schema] : document_.at("components").at("schemas").items())
      out += "<details id=\"schema-" + escaped(name) + "\"><summary>" + coded(name) + "</summary>" +
             marked(word_of(schema, "description")) + members(schema) + "</details>";
    return out;
  }

 private:
  static std::string anchor(std::string name) {
    std::replace(name.begin(), name.end(), ' ', '-');
    return escaped(name);
  }
  static std::string link(const std::string& kind, const std::string& name) {
    return "<a href=\"#" + anchor(kind + name) + "\">" + escaped(name) + "</a>";
  }

  const OrderedJson& resolved(const OrderedJson& thing) const {
    const auto ref = thing.find("$ref");
    if (ref == thing.end()) return thing;
    return document_.at(OrderedJson::json_pointer(ref->get<std::string>().substr(1)));
  }

  std::string section(const OrderedJson& tag) const {
    const std::string name = word_of(tag, "name");
    std::string out =
        "<h2 id=\"" + anchor("tag-" + name) + "\">" + escaped(name) + "</h2>" + marked(word_of(tag, "description"));
    for (const auto& [path, item] : document_.at("paths").items())
      for (const auto& [method, operation] : item.items())
        if (method != "servers" && operation.at("tags").at(0) == name) out += shown(method, path, operation);
    return out;
  }

  std::string shown(const std::string& method, const std::string& path, const OrderedJson& operation) const {
    std::string upper = method;
    for (char& c : upper) c = static_cast<char>(c - ('a' - 'A'));
    std::string out = "<details id=\"" + escaped(word_of(operation, "operationId")) + "\"><summary><b>" + upper +
                      "</b> " + coded(path) + " " + escaped(word_of(operation, "summary")) + "</summary>";
    out += marked(word_of(operation, "description")) + "<p>" + needed(operation.at("security")) + "</p>";
    std::string rows;
    for (const OrderedJson& one : part_of(operation, "parameters")) {
      const OrderedJson& parameter = resolved(one);
      rows += html_row({coded(word_of(parameter, "name")), escaped(word_of(parameter, "in")),
                        type_of(parameter.at("schema")), marked(word_of(parameter, "description"))});
    }
    out += html_table("<th>Parameter</th><th>in</th><th>is</th><th></th>", rows);
    if (const auto body = operation.find("requestBody"); body != operation.end())
      out += html_table("<th>Body</th><th>is</th>", contents(*body));
    return out + answers(operation.at("responses")) + "</details>";
  }

  static std::string needed(const OrderedJson& security) {
    if (security.empty()) return "Needs no key.";
    const OrderedJson& scopes = security.at(0).at("key");
    const std::string key = scopes.empty() ? "a key" : "a key with the scope " + coded(scopes.at(0).get<std::string>());
    const bool elsewhere = security.back().empty();
    return elsewhere ? "Who is let in is decided by its configuration; a key is then " + key + "."
                     : "Needs " + key + ".";
  }

  std::string contents(const OrderedJson& holder) const {
    std::string rows;
    for (const auto& [media, content] : part_of(holder, "content").items())
      rows += html_row({coded(media), content.contains("schema") ? type_of(content.at("schema")) : ""});
    return rows;
  }

  std::string answers(const OrderedJson& responses) const {
    std::string rows;
    for (const auto& [status, one] : responses.items()) {
      const OrderedJson& response = resolved(one);
      const bool by_type = part_of(response, "content").size() == 1 && response.contains("x-problem-types");
      std::string what = by_type ? "" : marked(word_of(response, "description"));
      for (const auto& [media, content] : part_of(response, "content").items())
        if (media != "application/problem+json" && content.contains("schema")) what += type_of(content.at("schema"));
      for (const OrderedJson& type : part_of(response, "x-problem-types")) what += " " + problem_link(type);
      rows += html_row({escaped(status), what});
    }
    return html_table("<th>Answer</th><th></th>", rows);
  }

  // The page that says what it means.
  static std::string problem_link(const OrderedJson& type) {
    const std::string path = escaped(type.get<std::string>());
    return "<a href=\"" + path + "\">" + path.substr(path.rfind('/') + 1) + "</a>";
  }

  // What a value may be, in a few words, with links to the schemas that have a name.
  std::string type_of(const OrderedJson& schema) const {
    constexpr std::string_view kSchemas = "#/components/schemas/";
    if (const auto ref = schema.find("$ref"); ref != schema.end()) {
      const std::string name = ref->get<std::string>().substr(kSchemas.size());
      return "<a href=\"#schema-" + escaped(name) + "\">" + escaped(name) + "</a>";
    }
    for (const char* choice : {"oneOf", "anyOf", "allOf"}) {
      const auto some = schema.find(choice);
      if (some == schema.end()) continue;
      std::string out;
      for (const OrderedJson& one : *some) out += (out.empty() ? "" : " or ") + type_of(one);
      return out;
    }
    std::string out;
    const OrderedJson type = schema.value("type", OrderedJson("anything"));
    for (const OrderedJson& one : type.is_array() ? type : OrderedJson::array({type}))
      out += (out.empty() ? "" : " or ") + escaped(one.get<std::string>());
    if (schema.contains("items")) out += " of " + type_of(schema.at("items"));
    for (const char* values : {"enum", "const", "minimum", "maximum", "maxLength", "maxItems", "pattern", "default"})
      if (const auto value = schema.find(values); value != schema.end())
        out += ", " + std::string(values) + " " + coded(value->dump());
    return out;
  }

  std::string members(const OrderedJson& schema) const {
    if (!schema.contains("properties")) return "<p>" + type_of(schema) + "</p>";
    return html_table("<th>Member (* required)</th><th>is</th><th></th>", rows_of(schema, ""));
  }

  // Of a member's own members, too.
  std::string rows_of(const OrderedJson& schema, const std::string& before) const {
    const OrderedJson& required = part_of(schema, "required");
    std::string rows;
    for (const auto& [name, member] : schema.at("properties").items()) {
      const bool must = std::ranges::find(required, OrderedJson(name)) != required.end();
      rows += html_row({coded(before + name) + (must ? " *" : ""),
                        type_of(member) + (member.value("readOnly", false) ? ", read-only" : ""),
                        marked(word_of(member, "description"))});
      if (member.contains("properties")) rows += rows_of(member, before + name + ".");
    }
    return rows;
  }

  const OrderedJson& document_;
};

}  // namespace

http::Response show_docs(const http::Request&) {
  static const http::Response page =
      http::html_answer(200, "Certes", DocsPage(json_or_null<OrderedJson>(description().text)).html());
  return page;
}

}  // namespace certes::api
