#include "gateway/ingest/prepared_source.hpp"

#include <algorithm>

#include "common/event/attributes.hpp"

namespace certes::gateway::ingest {
namespace {

struct Preset {
  std::string_view scheme, type_from, id_from;
  bool type_required;
  std::vector<std::string_view> forwarded;
};

const Preset& preset_of(std::string_view scheme) {
  static const Preset presets[] = {
      {"github",
       "{header:X-GitHub-Event}.{json:/action}",
       "header:X-GitHub-Delivery",
       true,
       {"x-hub-signature", "x-hub-signature-256", "x-github-event", "x-github-delivery"}},
      {"standard-webhooks",
       "json:/type",
       "header:webhook-id",
       false,
       {"webhook-id", "webhook-timestamp", "webhook-signature"}},
  };
  static const Preset none{};
  for (const auto& preset : presets)
    if (preset.scheme == scheme) return preset;
  return none;
}

Error broken(const registry::Source& source, std::string_view what, const Error& error) {
  return {Code::internal, "source " + source.id + " cannot work: " + std::string(what) + ": " + error.message};
}

Result<void> set(std::string& to, std::optional<std::string> value, event::Attribute attribute, std::string_view name,
                 std::string_view from) {
  if (!value) return {};
  const auto flaw = event::valid_utf8(*value) ? event::flaw(attribute, *value) : "is not valid UTF-8";
  if (!flaw.empty())
    return fail(Code::invalid, std::string(name).append(" of this webhook ").append(flaw), std::string(from));
  to = std::move(*value);
  return {};
}

std::string_view or_else(const std::string& text, std::string_view preset) { return text.empty() ? preset : text; }

}  // namespace

Result<PreparedSource> PreparedSource::make(std::shared_ptr<const registry::Source> source,
                                            const crypto::Sealer& sealer) {
  PreparedSource prepared;
  prepared.source_ = std::move(source);
  if (auto opened = prepared.open_secrets(sealer); !opened) return fail(std::move(opened.error()));
  if (auto parsed = prepared.parse_sources(); !parsed) return fail(std::move(parsed.error()));
  const auto& preset = preset_of(prepared.source_->verify.scheme);
  prepared.forwarded_.assign(preset.forwarded.begin(), preset.forwarded.end());
  for (const auto& name : prepared.source_->forward_headers)
    if (std::find(prepared.forwarded_.begin(), prepared.forwarded_.end(), name) == prepared.forwarded_.end())
      prepared.forwarded_.push_back(name);
  return prepared;
}

Result<void> PreparedSource::open_secrets(const crypto::Sealer& sealer) {
  const auto& scheme = source_->verify.scheme;
  if (scheme == "none" || scheme == "key") return {};
  for (const auto& sealed : source_->verify.secrets) {
    auto secret = sealer.open(sealed, source_->tenant + "/sources/" + source_->id);
    if (!secret) return fail(broken(*source_, "secret", secret.error()));
    if (secret->empty()) return fail(broken(*source_, "secret", {Code::invalid, "is empty"}));
    if (scheme == "github") {
      hmacs_.emplace_back(*secret);
      continue;
    }
    auto standard = crypto::StandardWebhooks::make(*secret);
    if (!standard) return fail(broken(*source_, "secret", standard.error()));
    standard_.push_back(std::move(*standard));
  }
  if (hmacs_.empty() && standard_.empty()) return fail(broken(*source_, "secret", {Code::invalid, "there is none"}));
  return {};
}

Result<void> PreparedSource::parse_sources() {
  const auto& preset = preset_of(source_->verify.scheme);
  const auto parse = [this](std::string_view name, std::string_view text, Extract& into) -> Result<void> {
    if (text.empty()) return {};
    auto extract = Extract::parse(text);
    if (!extract) return fail(broken(*source_, name, extract.error()));
    into = std::move(*extract);
    return {};
  };
  type_required_ = preset.type_required || !source_->type_from.empty();
  if (auto done = parse("type_from", or_else(source_->type_from, preset.type_from), type_); !done) return done;
  if (auto done = parse("id_from", or_else(source_->id_from, preset.id_from), id_); !done) return done;
  if (auto done = parse("key_from", source_->key_from, key_); !done) return done;
  return parse("subject_from", source_->subject_from, subject_);
}

Result<void> PreparedSource::verify(const http::Request& request, UnixMillis now) const {
  const auto& scheme = source_->verify.scheme;
  if (scheme == "none" || scheme == "key") return {};
  if (scheme == "github") return verify_github(request);
  if (scheme == "standard-webhooks") return verify_standard_webhooks(request, now);
  return fail(Code::internal, "source " + source_->id + " has a scheme that is not known here: " + scheme);
}

Result<void> PreparedSource::verify_github(const http::Request& request) const {
  constexpr std::string_view kPrefix = "sha256=", kHeader = "x-hub-signature-256";
  const auto header = request.header(kHeader);
  if (header.empty()) return fail(Code::unauthenticated, "X-Hub-Signature-256 is missing", std::string(kHeader));
  if (!header.starts_with(kPrefix))
    return fail(Code::unauthenticated, "X-Hub-Signature-256 does not begin with sha256=", std::string(kHeader));
  const auto mac = crypto::hex_decode(header.substr(kPrefix.size()));
  bool good = false;
  for (const auto& hmac : hmacs_)
    if (mac) good = crypto::equal_constant_time(hmac.sign({request.body}), *mac) || good;
  if (good) return {};
  return fail(Code::unauthenticated, "the signature does not verify", std::string(kHeader));
}

Result<void> PreparedSource::verify_standard_webhooks(const http::Request& request, UnixMillis now) const {
  const auto id = request.header("webhook-id"), timestamp = request.header("webhook-timestamp"),
             signatures = request.header("webhook-signature");
  for (const auto& [name, value] :
       {std::pair{"webhook-id", id}, {"webhook-timestamp", timestamp}, {"webhook-signature", signatures}})
    if (value.empty()) return fail(Code::unauthenticated, std::string(name) + " is missing", name);
  Error last;
  for (const auto& standard : standard_) {
    auto verified =
        standard.verify(id, timestamp, signatures, request.body, now / 1'000, source_->verify.tolerance_seconds);
    if (verified) return {};
    last = std::move(verified.error());
  }
  return fail(std::move(last));
}

// Every type begins with the source's id.
Result<void> PreparedSource::set_type(const Offer& offer, event::Event& event) const {
  auto found = type_(offer);
  const std::string_view from = or_else(source_->type_from, preset_of(source_->verify.scheme).type_from);
  if (!found && type_required_)
    return fail(Code::invalid, "this webhook names no type (" + std::string(from) + ")", std::string(from));
  std::string type = source_->id;
  if (found && (*found == source_->id || found->starts_with(source_->id + ".")))
    type = std::move(*found);
  else if (found)
    type.append(1, '.').append(*found);
  return set(event.type, std::move(type), event::Attribute::type, "the type", from);
}

Result<void> PreparedSource::read(const http::Request& request, event::JsonDocument& document,
                                  event::Event& event) const {
  bool parsed = false, is_json = false;
  const std::function<std::optional<std::string>(std::string_view)> json = [&](std::string_view pointer) {
    if (!parsed) is_json = bool(document.parse(request.body));
    parsed = true;
    return is_json ? document.text_at(pointer) : std::nullopt;
  };
  const std::function<std::optional<std::string>(std::string_view)> header = [&](std::string_view name) {
    return request.has_header(name) ? std::optional<std::string>(request.header(name)) : std::nullopt;
  };
  const Offer offer{header, json};
  const auto preset_id = preset_of(source_->verify.scheme).id_from;
  if (auto done = set_type(offer, event); !done) return done;
  if (auto done =
          set(event.client_id, id_(offer), event::Attribute::id, "the id", or_else(source_->id_from, preset_id));
      !done)
    return done;
  if (auto done = set(event.partition_key, key_(offer), event::Attribute::partition_key, "the key", source_->key_from);
      !done)
    return done;
  if (auto done = set(event.subject, subject_(offer), event::Attribute::subject, "the subject", source_->subject_from);
      !done)
    return done;
  event.client_gave_id = !event.client_id.empty() && source_->deduplicate;
  event.source = source_->id;
  event.tenant = source_->tenant;
  if (const auto content_type = request.header("content-type"); !content_type.empty())
    if (auto done = set(event.data_content_type, std::string(content_type), event::Attribute::data_content_type,
                        "content-type", "content-type");
        !done)
      return done;
  event.query = request.query;
  event.data = request.body;
  return forward_headers(request, event);
}

// What no delivery could carry is refused here, where the provider learns of it.
Result<void> PreparedSource::forward_headers(const http::Request& request, event::Event& event) const {
  for (const auto& name : forwarded_) {
    if (!request.has_header(name)) continue;
    const auto value = request.header(name);
    if (const auto flaw = event::header_flaw(value); !flaw.empty())
      return fail(Code::invalid, "the header " + name + " " + std::string(flaw), name);
    event.forwarded.emplace_back(name, value);
  }
  return {};
}

}  // namespace certes::gateway::ingest
