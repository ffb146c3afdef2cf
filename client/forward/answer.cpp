#include "client/forward/answer.hpp"
#include "common/json/json.hpp"

#include <charconv>

namespace certes::client {

namespace {

// A text of a problem; empty where it has none of that name.
std::string text_of(const Answer& answer, const char* name) {
  const auto problem = json_or_null<nlohmann::json>(answer.body);
  if (!problem.is_object()) return {};
  const auto found = problem.find(name);
  return found != problem.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// 401: the header of a key is written so, those of signatures in lower case. 403: whose pointer is none.
bool is_about_the_key(const Answer& answer) {
  const std::string pointer = text_of(answer, "pointer");
  return pointer.empty() || (answer.status == 401 && pointer == "Authorization");
}

}  // namespace

Verdict verdict_of(const Answer& answer) {
  const int status = answer.status;
  if (status >= 200 && status < 300) return Verdict::accepted;
  if (status == 0 || status == 429 || status == 502 || status == 503 || status == 504) return Verdict::away;
  if (status == 408 || status == 425) return Verdict::failed;
  if ((status == 401 || status == 403) && is_about_the_key(answer)) return Verdict::denied;
  if (status == 508) return Verdict::refused;  // it has been there too often
  return status >= 400 && status < 500 ? Verdict::refused : Verdict::failed;
}

std::string detail_of(const Answer& answer) { return text_of(answer, "detail"); }

std::optional<std::size_t> event_at_fault(const Answer& answer, std::size_t events) {
  const std::string pointer = text_of(answer, "pointer");
  if (pointer.size() < 2 || pointer[0] != '/') return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(pointer.data() + 1, pointer.data() + pointer.size(), index);
  const bool whole = end == pointer.data() + pointer.size() || *end == '/';
  if (error != std::errc() || !whole || index >= events) return std::nullopt;
  return index;
}

}  // namespace certes::client
