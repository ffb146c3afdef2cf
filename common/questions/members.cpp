#include "common/questions/members.hpp"

#include <algorithm>
#include <cmath>

namespace certes::questions {
namespace {

constexpr std::uint64_t kMostCount = std::uint64_t{1} << 48;
constexpr UnixMillis kMostTime = 253'402'300'799'999;  // the end of the year 9999
constexpr double kMostRate = 1e12;

}  // namespace

const nlohmann::json* Members::find(const char* name) const {
  if (!good_) return nullptr;
  const auto found = json_.find(name);
  return found == json_.end() ? nullptr : &*found;
}

void Members::count(const char* name, std::uint64_t& into) {
  const nlohmann::json* const value = find(name);
  if (value == nullptr) return;
  if (!value->is_number_unsigned()) return bad();
  into = std::min(value->get<std::uint64_t>(), kMostCount);
}

void Members::time(const char* name, UnixMillis& into) {
  auto at = static_cast<std::uint64_t>(into);
  count(name, at);
  into = std::min(static_cast<UnixMillis>(at), kMostTime);
}

void Members::rate(const char* name, double& into) {
  const nlohmann::json* const value = find(name);
  if (value == nullptr) return;
  if (!value->is_number()) return bad();
  into = std::clamp(value->get<double>(), 0.0, kMostRate);
  if (std::isnan(into)) bad();
}

void Members::flag(const char* name, bool& into) {
  const nlohmann::json* const value = find(name);
  if (value == nullptr) return;
  if (!value->is_boolean()) return bad();
  into = value->get<bool>();
}

const std::string* Members::text(const char* name) {
  const nlohmann::json* const value = find(name);
  if (value == nullptr) return nullptr;
  if (value->is_string()) return &value->get_ref<const std::string&>();
  bad();
  return nullptr;
}

}  // namespace certes::questions
