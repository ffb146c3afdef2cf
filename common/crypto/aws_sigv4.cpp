#include "common/crypto/aws_sigv4.hpp"

#include <algorithm>
#include <ctime>

#include "common/crypto/crypto.hpp"

namespace certes::crypto {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256", kRequest = "aws4_request", kS3 = "s3";

std::string time_of(UnixMillis now) {
  const std::time_t seconds = now / 1'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[20];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

// Percent-encoded but for what RFC 3986 leaves unreserved, and `also`.
std::string encoded(std::string_view text, char also = '-') {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || c == also;
    if (plain)
      out.push_back(c);
    else
      out.append(1, '%').append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  }
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? hex_decode(text.substr(i + 1, 2)) : std::nullopt;
    const bool is_one = byte && byte->size() == 1;
    out.push_back(is_one ? byte->front() : text[i]);
    if (is_one) i += 2;
  }
  return out;
}

// Without dot segments and empty ones.
std::string normalized(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool is_folder = path.ends_with('/');
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view step = path.substr(0, end);
    if (step == ".." && !kept.empty()) kept.pop_back();
    if (!step.empty() && step != "." && step != "..") kept.push_back(step);
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  std::string out;
  for (const std::string_view step : kept) out.append("/").append(step);
  return out.empty() || is_folder ? out + "/" : out;
}

// S3 takes it as it is sent, everybody else encoded once more.
std::string canonical_path(std::string_view service, std::string_view path) {
  if (service == kS3) return path.empty() ? "/" : std::string(path);
  return encoded(normalized(path), '/');
}

std::string canonical_query(std::string_view query) {
  HeaderFields parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view one = query.substr(0, end);
    const std::size_t sign = std::min(one.find('='), one.size());
    const std::string_view value = one.substr(std::min(sign + 1, one.size()));
    if (!one.empty()) parameters.emplace_back(encoded(decoded(one.substr(0, sign))), encoded(decoded(value)));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  std::ranges::sort(parameters);
  std::string out;
  for (const auto& [name, value] : parameters)
    out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
  return out;
}

// Without space around it, and with one where several stand.
std::string trimmed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool space = c == ' ' || c == '\t';
    if (!space) out.push_back(c);
    if (space && !out.empty() && out.back() != ' ') out.push_back(' ');
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string hash(std::string_view text) { return hex_encode(sha256(text)); }

std::string joined(std::initializer_list<std::string_view> parts, char between) {
  std::string out;
  for (const std::string_view part : parts) out.append(part).push_back(between);
  out.pop_back();
  return out;
}

std::string signing_key(const AwsCredentials& credentials, std::string_view day) {
  std::string key("AWS4");
  key.append(credentials.secret_access_key);
  for (const std::string_view part :
       {day, std::string_view(credentials.region), std::string_view(credentials.service), kRequest})
    key = Hmac(key).sign({part});
  return key;
}

}  // namespace

HeaderFields sign_for_aws(const AwsCredentials& credentials, const AwsRequest& request, UnixMillis now) {
  const std::string time = time_of(now), day = time.substr(0, 8), body_hash = hash(request.body);
  HeaderFields added = {{"x-amz-date", time}};
  if (!credentials.session_token.empty()) added.emplace_back("x-amz-security-token", credentials.session_token);
  if (credentials.service == kS3) added.emplace_back("x-amz-content-sha256", body_hash);
  HeaderFields covered = request.headers;
  covered.emplace_back("host", request.host);
  covered.insert(covered.end(), added.begin(), added.end());
  std::ranges::sort(covered);
  std::string lines, names;
  for (const auto& [name, value] : covered) {
    lines.append(name).append(":").append(trimmed(value)).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  const std::string path = canonical_path(credentials.service, request.path), query = canonical_query(request.query);
  const std::string canonical = joined({request.method, path, query, lines, names, body_hash}, '\n');
  const std::string scope = joined({day, credentials.region, credentials.service, kRequest}, '/');
  const std::string to_sign = joined({kAlgorithm, time, scope, hash(canonical)}, '\n');
  const std::string signature = hex_encode(Hmac(signing_key(credentials, day)).sign({std::string_view(to_sign)}));
  std::string authorization(kAlgorithm);
  authorization.append(" Credential=").append(credentials.access_key_id).append("/").append(scope);
  authorization.append(", SignedHeaders=").append(names).append(", Signature=").append(signature);
  added.emplace_back("authorization", std::move(authorization));
  return added;
}

}  // namespace certes::crypto
