#include "api/waiting_json.hpp"

#include <algorithm>

namespace certes::api {
namespace {

using questions::ClassWaiting;
using registry::OrderedJson;

OrderedJson one_waiting_json(const ClassWaiting& waiting, UnixMillis now) {
  return {{"total", waiting.all()},
          {"first", {{"memory", waiting.first_memory}, {"log", waiting.first_log}}},
          {"retry", {{"memory", waiting.retry_memory}, {"log", waiting.retry_log}}},
          {"oldest", oldest_json(waiting.oldest, now)}};
}

}  // namespace

OrderedJson time_json(UnixMillis at) { return at == 0 ? OrderedJson() : OrderedJson(format_rfc3339(at)); }

OrderedJson oldest_json(UnixMillis at, UnixMillis now) {
  if (at == 0) return nullptr;
  return {{"at", format_rfc3339(at)}, {"age_seconds", static_cast<double>(std::max<UnixMillis>(0, now - at)) / 1000}};
}

OrderedJson waiting_json(const std::array<ClassWaiting, registry::kPriorities>& classes, UnixMillis now) {
  ClassWaiting all;
  OrderedJson by_priority = OrderedJson::object();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    all.add(classes[i]);
    by_priority[std::string(to_string(static_cast<registry::Priority>(i)))] = one_waiting_json(classes[i], now);
  }
  OrderedJson json = one_waiting_json(all, now);
  json["by_priority"] = std::move(by_priority);
  return json;
}

}  // namespace certes::api
