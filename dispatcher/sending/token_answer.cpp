#include "dispatcher/sending/token_answer.hpp"

#include <algorithm>
#include <charconv>

#include "common/json/json.hpp"

namespace certes::dispatcher {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestErrorCode = 64;
constexpr std::size_t kDeepest = 16;
constexpr std::int64_t kLongestLifeSeconds = 366 * 86'400;

Json object_of(const http::TransferResult& result) {
  if (result.body_cut) return {};
  auto json = parse_json<Json>(result.body, {.depth = kDeepest, .bytes = kMostTokenAnswerBytes});
  return json && json->is_object() ? std::move(*json) : Json();
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A number, or its digits as a string, as some write it.
Millis life_of(const Json& object) {
  const auto found = object.find("expires_in");
  if (found == object.end()) return kTokenLife;
  std::int64_t seconds = 0;
  if (found->is_number()) {
    seconds =
        static_cast<std::int64_t>(std::clamp(found->get<double>(), 0.0, static_cast<double>(kLongestLifeSeconds)));
  } else {
    const std::string digits = text_of(object, "expires_in");
    std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  }
  if (seconds <= 0) return kTokenLife;
  return Millis{std::min(seconds, kLongestLifeSeconds) * 1'000};
}

bool is_visible_text(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_bearer(std::string type) {
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return type.empty() || type == "bearer";
}

// "invalid_client": a code of RFC 6749, 5.2, and nothing that only stands in its place.
std::string error_code(const Json& object) {
  std::string code = text_of(object, "error");
  const bool plain = code.size() <= kLongestErrorCode &&
                     std::ranges::all_of(code, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return plain ? code : std::string();
}

Error unavailable(std::string why) { return Error(Code::unavailable, "the token server " + std::move(why)); }

}  // namespace

Result<GrantedToken> read_token_answer(const http::TransferResult& result) {
  if (result.error != http::TransferError::none)
    return fail(unavailable("is not reached: " + std::string(http::to_string(result.error)) + ": " + result.message));
  const Json object = object_of(result);
  if (result.status != 200) {
    const std::string code = error_code(object);
    return fail(unavailable("answered " + std::to_string(result.status) + (code.empty() ? "" : " " + code)));
  }
  if (result.body_cut)
    return fail(
        unavailable("answered what is longer than " + std::to_string(kMostTokenAnswerBytes) + " bytes, or broke off"));
  std::string token = text_of(object, "access_token");
  if (!is_visible_text(token)) return fail(unavailable("answered no JSON object with an access_token"));
  if (!is_bearer(text_of(object, "token_type"))) return fail(unavailable("answered a token whose type is not Bearer"));
  return GrantedToken{std::move(token), life_of(object)};
}

}  // namespace certes::dispatcher
