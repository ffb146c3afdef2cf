#include "common/http/server/problem_pages.hpp"

#include "common/http/server/html.hpp"

namespace certes::http {

Response problem_text(const ProblemType* type) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.status = type != nullptr ? 200 : 404;
  std::string& page = response.body;
  if (type != nullptr) {
    page.append(type->name).append(" (").append(std::to_string(type->status)).append(")\n\n");
    page.append(type->meaning).append("\n\n").append(type->remedy).append("\n");
    return response;
  }
  page = "There is no problem of that name. There are:\n";
  for (const ProblemType& each : problem_types()) page.append(each.name).append("\n");
  return response;
}

Response problem_html(const ProblemType* type) {
  std::string body;
  if (type != nullptr) {
    body.append("<h1>").append(escaped(type->name)).append("</h1><p>Status ").append(std::to_string(type->status));
    body.append("</p><h2>What it means</h2>").append(marked(type->meaning));
    body.append("<h2>What to do</h2>").append(marked(type->remedy)).append("<h2>The others</h2><p>");
  } else {
    body.append("<h1>There is no problem of that name</h1><p>There are: ");
  }
  for (const ProblemType& each : problem_types()) {
    if (&each == type) continue;
    const std::string name = escaped(each.name);
    body.append("<a href=\"/problems/").append(name).append("\">").append(name).append("</a> ");
  }
  return html_answer(type != nullptr ? 200 : 404, type != nullptr ? type->name : "No such problem", body + "</p>");
}

}  // namespace certes::http
