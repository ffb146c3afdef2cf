#include "api/page.hpp"

#include "common/registry/json.hpp"

namespace certes::api {

std::string json_text(const std::optional<std::string>& text) {
  return text ? registry::Json(*text).dump(-1, ' ', false, registry::Json::error_handler_t::replace) : "null";
}

http::Response Page::answer(const std::optional<std::string>& next, std::string_view also) && {
  if (next && count_ < most_items_ && full()) services_.cut_pages.add();
  std::string body = std::move(items_);
  body.insert(0, R"({"items":[)");
  body.append(R"(],"next":)").append(json_text(next)).append(also).append("}");
  return json_response(200, std::move(body));
}

}  // namespace certes::api
