#include "client/forward/answer.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

namespace certes::client {

Verdict verdict_of(const Answer& answer) {
  const int status = answer.status;
  if (status >= 200 && status < 300) return Verdict::accepted;
  if (status == 0 || status == 429 || status == 502 || status == 503 || status == 504) return Verdict::away;
  if (status == 408 || status == 425) return Verdict::failed;
  return status >= 400 && status < 500 ? Verdict::refused : Verdict::failed;
}

std::optional<std::size_t> event_at_fault(const Answer& answer, std::size_t events) {
  const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
  if (!problem.is_object()) return std::nullopt;
  const auto found = problem.find("pointer");
  if (found == problem.end() || !found->is_string()) return std::nullopt;
  const auto& pointer = found->get_ref<const std::string&>();
  if (pointer.size() < 2 || pointer[0] != '/') return std::nullopt;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(pointer.data() + 1, pointer.data() + pointer.size(), index);
  const bool whole = end == pointer.data() + pointer.size() || *end == '/';
  if (error != std::errc() || !whole || index >= events) return std::nullopt;
  return index;
}

}  // namespace certes::client
