#include "api/bulk.hpp"

#include <algorithm>
#include <variant>

#include "api/steps.hpp"
#include "common/event/attributes.hpp"
#include "common/http/server/routes.hpp"
#include "common/json/json.hpp"
#include "common/registry/json.hpp"
#include "common/registry/slices.hpp"
#include "gateway/access/problem.hpp"

namespace certes::api {
namespace {

using registry::Json;

constexpr std::size_t kLongestPath = 2'048;
constexpr std::string_view kMethods[] = {"POST", "PUT", "PATCH", "DELETE"};
// Of the request's own framing and body: an item's are others.
constexpr std::string_view kOwnHeaders[] = {"content-type", "content-length", "transfer-encoding",
                                            "expect",       "if-match",       "if-none-match"};

struct Item {
  std::string method, target, if_match;
  std::string_view body;  // as it stands in the request
};

// The routes that an item may take: those that change one thing and are soon done.
struct Routes {
  http::RouteTable table;
  std::vector<const ApiRow*> rows;  // by the index of the table's

  Routes() {
    for (const ApiRow& row : routes()) {
      const auto* handler = std::get_if<ApiHandler>(&row.handler);
      if (handler == nullptr || row.lengthy || row.method == "GET") continue;
      http::Route route;
      route.method = row.method;
      route.pattern = row.pattern;
      table.add(std::move(route));
      rows.push_back(&row);
    }
  }
};

Error wrong(std::string message, std::string pointer) {
  return Error(Code::invalid, std::move(message), std::move(pointer));
}

bool is_path(std::string_view path) {
  return path.starts_with('/') && path.size() <= kLongestPath &&
         std::ranges::all_of(path, [](char c) { return c > ' ' && c <= '~'; });
}

Result<void> set_member(Item& item, const registry::Slice& member, const std::string& pointer) {
  if (member.name == "body") {
    item.body = member.value;
    return {};
  }
  const Json value = json_or_null<Json>(member.value);
  if (member.name == "if_match" && value.is_number_integer()) {
    item.if_match = value.dump();
    return {};
  }
  std::string* const text = member.name == "method"     ? &item.method
                            : member.name == "path"     ? &item.target
                            : member.name == "if_match" ? &item.if_match
                                                        : nullptr;
  if (text == nullptr) return fail(wrong("unknown member; there are: method, path, body, if_match", pointer));
  if (!value.is_string()) return fail(wrong("must be a string", pointer));
  *text = value.get<std::string>();
  return {};
}

Result<Item> item_of(std::string_view text, const std::string& place) {
  const auto members = registry::members_of(text);
  if (!members) return fail(wrong("must be an object", place));
  Item item;
  std::vector<std::string_view> names;
  for (const registry::Slice& member : *members) {
    const std::string pointer = place + registry::pointer_step(member.name);
    if (std::ranges::count(names, member.name) > 0) return fail(wrong("stands there twice", pointer));
    names.push_back(member.name);
    if (auto ok = set_member(item, member, pointer); !ok) return fail(std::move(ok.error()));
  }
  if (std::ranges::count(kMethods, item.method) == 0)
    return fail(wrong("must be POST, PUT, PATCH or DELETE", place + "/method"));
  if (!is_path(item.target))
    return fail(wrong("must be a path behind " + std::string(kApiRoot) + ", as /endpoints/billing", place + "/path"));
  item.target.insert(0, kApiRoot);
  return item;
}

Result<std::vector<Item>> items_of(std::string_view body) {
  const auto slices = registry::items_of(body, kBulkItems);
  if (!slices) return fail(wrong("must be an array of objects with method, path, body and if_match", ""));
  if (slices->size() > kBulkItems)
    return fail(Code::too_large, "more than " + std::to_string(kBulkItems) + " changes in one request");
  std::vector<Item> items;
  for (std::size_t i = 0; i < slices->size(); ++i) {
    auto item = item_of((*slices)[i].value, "/" + std::to_string(i));
    if (!item) return fail(std::move(item.error()));
    items.push_back(std::move(*item));
  }
  return items;
}

// The items of one request, and what they are answered.
class Bulk final : public LongSteps {
 public:
  Bulk(const Call& call, Services& services, std::vector<Item>&& items)
      : call_(call), services_(services), items_(std::move(items)) {
    for (const http::HeaderView& header : call.request.headers) {
      const auto is = [&](std::string_view own) { return event::equal_ignoring_case(header.name, own); };
      if (std::ranges::none_of(kOwnHeaders, is)) headers_.push_back(header);
    }
  }

  std::size_t held() const override { return answers_.size() + items_.size() * sizeof(Item); }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    step_began_ = services_.deps.clock.now();
    while (next_ < items_.size()) {
      serve_next();
      if (next_ == items_.size() || std::chrono::steady_clock::now() < until) continue;
      steps_took_ += services_.deps.clock.now() - step_began_;
      return std::nullopt;
    }
    return json_response(200, "{\"answers\":[" + answers_ + "],\"failed\":" + std::to_string(failed_) + "}");
  }

  void serve_next() {
    const Item& item = items_[next_++];
    const http::Response response = left_out() ? gateway::problem_of(*left_out_, "api") : serve_item(item);
    if (response.status == 503 && !left_out_)
      left_out_.emplace(Code::unavailable, "not tried, as one before it could not be decided: send it again");
    failed_ += response.status >= 400 ? 1 : 0;
    answers_ += answers_.empty() ? "" : ",";
    answers_.append("{\"status\":").append(std::to_string(response.status));
    for (const auto& [name, value] : response.headers) {
      if (name == "ETag") answers_.append(",\"etag\":").append(Json(value).dump());
      if (name == "Location") answers_.append(",\"location\":").append(Json(value).dump());
    }
    if (!response.body.empty()) answers_.append(",\"body\":").append(response.body);
    answers_ += '}';
  }

  // Whether nothing more is tried.
  bool left_out() {
    if (left_out_) return true;
    if (answers_.size() >= kBulkAnswerBytes)
      left_out_.emplace(Code::too_large, "not tried, as the answers before it are as large as one request's may be");
    else if (steps_took_ + (services_.deps.clock.now() - step_began_) >= kBulkLimit)
      left_out_.emplace(Code::unavailable, "not tried, as those before it took too long: send it again");
    else if (services_.deps.leaving != nullptr && *services_.deps.leaving)
      left_out_.emplace(Code::unavailable, "not tried, as this process ends: send it again");
    return left_out_.has_value();
  }

  http::Response serve_item(const Item& item) {
    static const Routes kRoutes;
    const std::string target = with_tenant(item.target);
    const std::size_t mark = std::min(target.find('?'), target.size());
    http::Request request;
    request.method = item.method;
    request.target = target;
    request.path = request.target.substr(0, mark);
    request.query = request.target.substr(std::min(mark + 1, target.size()));
    request.headers = headers_;
    if (!item.body.empty()) request.headers.push_back({"content-type", "application/json"});
    if (!item.if_match.empty()) request.headers.push_back({"if-match", item.if_match});
    request.body = item.body;
    request.peer = call_.request.peer;
    const auto match = kRoutes.table.find(request.method, request.path);
    if (match.route == nullptr)
      return gateway::problem_of({Code::not_found, "no change of a resource has this method and path"}, "api");
    const ApiRow& row = *kRoutes.rows[match.route->index];
    return serve(row, request, services_, std::get<ApiHandler>(row.handler));
  }

  // With the tenant that the whole request is for, unless it names its own.
  std::string with_tenant(std::string target) const {
    const auto whole = http::query_parameter(call_.request.query, "tenant");
    const std::size_t mark = target.find('?');
    const bool own =
        mark != std::string::npos && http::query_parameter(std::string_view(target).substr(mark + 1), "tenant");
    if (!whole || own) return target;
    return target.append(mark == std::string::npos ? "?tenant=" : "&tenant=").append(*whole);
  }

  const Call call_;
  Services& services_;
  const std::vector<Item> items_;
  SteadyTime step_began_{};
  SteadyTime::duration steps_took_{};      // those before it
  std::vector<http::HeaderView> headers_;  // of each item, beside its own
  std::optional<Error> left_out_;          // why nothing more is tried
  std::size_t next_ = 0;                   // of items_
  std::string answers_;
  std::size_t failed_ = 0;
};

}  // namespace

Result<std::unique_ptr<http::Steps>> bulk(const Call& call, Services& services) {
  auto items = items_of(call.request.body);
  if (!items) return fail(items.error());
  return std::make_unique<Bulk>(call, services, std::move(*items));
}

}  // namespace certes::api
