#include "common/signature/anew.hpp"

#include <array>

#include "common/crypto/crypto.hpp"
#include "common/log/names.hpp"
#include "common/registry/schemes.hpp"
#include "common/signature/forms.hpp"

namespace certes::signature {
namespace {

using registry::SignedPart;

// A header that was forwarded; nothing: it was not.
std::optional<std::string_view> forwarded(const log::StoredRecord& webhook, std::string_view name) {
  return webhook.headers.find(std::string(log::names::kForward).append(registry::lower_case(name)));
}

// The value of the item of that name.
std::optional<std::string_view> item_of(std::string_view list, char separator, std::string_view name) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    if (item.starts_with(name) && item.substr(name.size()).starts_with('=')) return item.substr(name.size() + 1);
  }
  return std::nullopt;
}

// The text of the time that was signed, where it and the signature are there.
std::optional<std::string_view> time_text(const registry::Verify& verify, const log::StoredRecord& webhook) {
  if (const ListForm* const form = list_form(verify.scheme)) {
    const auto list = forwarded(webhook, form->header);
    return list ? item_of(*list, form->separator, form->time) : std::nullopt;
  }
  if (verify.scheme != "generic" && mac_form(verify.scheme) == nullptr) return std::nullopt;
  const registry::Verify full = as_generic(verify);
  if (full.timestamp.empty() || !forwarded(webhook, full.header)) return std::nullopt;
  return forwarded(webhook, full.timestamp);
}

TimeForm form_of_time(const registry::Verify& verify) {
  return list_form(verify.scheme) != nullptr ? TimeForm::unix_seconds : time_form(verify);
}

// As a time was written, another one.
std::string written_alike(std::string_view before, UnixMillis now) {
  constexpr std::size_t kDigitsOfMillis = 13;
  if (before.find('T') != before.npos) return format_rfc3339(now);
  return std::to_string(before.size() < kDigitsOfMillis ? now / 1'000 : now);
}

crypto::Hmac::Algorithm algorithm_of(std::string_view name) {
  if (name == "sha1") return crypto::Hmac::Algorithm::sha1;
  return name == "sha512" ? crypto::Hmac::Algorithm::sha512 : crypto::Hmac::Algorithm::sha256;
}

// What of the request the log has of a part that is signed; nothing: it has not.
std::optional<std::string_view> piece(const SignedPart& part, const registry::Verify& verify,
                                      const log::StoredRecord& webhook, std::string_view time) {
  switch (part.from) {
    case SignedPart::From::text: return part.text;
    case SignedPart::From::body: return webhook.value;
    case SignedPart::From::timestamp: return time;
    case SignedPart::From::query: return webhook.headers.get(log::names::kQuery);
    case SignedPart::From::method: return "POST";
    case SignedPart::From::header: return forwarded(webhook, part.text);
    case SignedPart::From::url: return verify.url.empty() ? std::nullopt : std::optional<std::string_view>(verify.url);
    case SignedPart::From::path: break;
  }
  return std::nullopt;
}

std::optional<std::string> mac_of(const registry::Verify& verify, std::string_view secret,
                                  const log::StoredRecord& webhook, std::string_view time) {
  const auto parts = registry::parse_signed(verify.signed_parts);
  if (!parts) return std::nullopt;
  std::vector<std::string_view> pieces;
  for (const SignedPart& part : *parts) {
    const auto one = piece(part, verify, webhook, time);
    if (!one) return std::nullopt;
    pieces.push_back(*one);
  }
  const std::string mac = crypto::Hmac(secret, algorithm_of(verify.algorithm)).sign(pieces);
  return verify.encoding == "base64" ? crypto::base64_encode(mac) : crypto::hex_encode(mac);
}

Header list_header(const ListForm& form, std::string_view secret, std::string_view body, std::string_view time) {
  const std::string mac = crypto::hex_encode(crypto::Hmac(secret).sign({time, form.joint, body}));
  std::string value(form.time);
  value.append(1, '=').append(time).append(1, form.separator).append(form.mac).append(1, '=').append(mac);
  return {registry::lower_case(form.header), std::move(value)};
}

}  // namespace

std::optional<UnixMillis> signed_at(const registry::Verify& verify, const log::StoredRecord& webhook) {
  const auto text = time_text(verify, webhook);
  return text ? parse_time(*text, form_of_time(verify)) : std::nullopt;
}

std::vector<Header> sign_anew(const registry::Verify& verify, std::string_view secret, const log::StoredRecord& webhook,
                              UnixMillis now) {
  const std::string time = written_alike(time_text(verify, webhook).value_or(""), now);
  if (const ListForm* const form = list_form(verify.scheme)) return {list_header(*form, secret, webhook.value, time)};
  const registry::Verify full = as_generic(verify);
  const auto mac = mac_of(full, secret, webhook, time);
  if (!mac) return {};
  return {{registry::lower_case(full.timestamp), time}, {registry::lower_case(full.header), full.prefix + *mac}};
}

}  // namespace certes::signature
