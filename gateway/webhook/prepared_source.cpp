#include "gateway/webhook/prepared_source.hpp"

#include <algorithm>

#include "common/event/attributes.hpp"
#include "common/http/server/form.hpp"
#include "common/registry/schemes.hpp"

namespace certes::gateway::ingest {
namespace {

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

std::shared_ptr<const Reply> reply_of(const registry::SourceResponse& response, const Preset& preset) {
  Reply reply{preset.status, std::nullopt, std::string(preset.content_type)};
  if (!preset.body.empty()) reply.body = preset.body;
  if (response.body) reply.body = response.body;
  if (response.body)
    reply.content_type = response.content_type.empty() ? "text/plain; charset=utf-8" : response.content_type;
  if (response.status != 0) reply.status = response.status;
  return std::make_shared<const Reply>(std::move(reply));
}

}  // namespace

Result<PreparedSource> PreparedSource::make(std::shared_ptr<const registry::Source> source,
                                            const crypto::Sealer& sealer, const Clients& clients) {
  PreparedSource prepared;
  prepared.source_ = std::move(source);
  const auto& verify = prepared.source_->verify;
  prepared.preset_ = &preset_of(verify.scheme);
  if (auto made = prepared.make_verifier(sealer, clients); !made) return fail(std::move(made.error()));
  if (auto parsed = prepared.parse_sources(); !parsed) return fail(std::move(parsed.error()));
  prepared.reply_ = reply_of(prepared.source_->response, *prepared.preset_);
  const auto& preset = prepared.preset_->forwarded;
  prepared.forwarded_.assign(preset.begin(), preset.end());
  for (const auto& name : prepared.source_->forward_headers)
    if (!event::carries_credentials(name) && std::ranges::find(prepared.forwarded_, name) == prepared.forwarded_.end())
      prepared.forwarded_.push_back(name);
  return prepared;
}

Result<void> PreparedSource::make_verifier(const crypto::Sealer& sealer, const Clients& clients) {
  const auto& verify = source_->verify;
  const auto* const scheme = registry::find_scheme(verify.scheme);
  if (scheme == nullptr) return fail(broken(*source_, "scheme", {Code::invalid, verify.scheme + " is not known here"}));
  const auto open = [&](const registry::SealedSecret& sealed) -> Result<std::string> {
    auto secret = sealer.open(sealed, source_->tenant + "/sources/" + source_->id);
    if (!secret) return fail(broken(*source_, "secret", secret.error()));
    if (secret->empty()) return fail(broken(*source_, "secret", {Code::invalid, "is empty"}));
    return secret;
  };
  std::vector<std::string> secrets;
  for (const auto& sealed : verify.secrets) {
    auto secret = open(sealed);
    if (!secret) return fail(std::move(secret.error()));
    secrets.push_back(std::move(*secret));
  }
  if (secrets.empty() && scheme->secret != registry::SecretForm::none)
    return fail(broken(*source_, "secret", {Code::invalid, "there is none"}));
  auto verifier = verify::make_verifier(verify, secrets, clients);
  if (!verifier) return fail(broken(*source_, "secret", verifier.error()));
  verifier_ = std::move(*verifier);
  if (verify.verify_token.empty()) return {};
  auto token = open(verify.verify_token);
  if (!token) return fail(std::move(token.error()));
  verify_token_ = std::move(*token);
  return {};
}

Result<void> PreparedSource::parse_sources() {
  const auto& preset = *preset_;
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
  if (source_->id_from.empty())
    if (auto done = parse("id_from", preset.other_id_from, other_id_); !done) return done;
  if (auto done = parse("key_from", source_->key_from, key_); !done) return done;
  return parse("subject_from", source_->subject_from, subject_);
}

verify::Effort PreparedSource::effort(const http::Request& request) const {
  return verifier_ ? verifier_->effort(request) : verify::Effort(0);
}

verify::Effort PreparedSource::cost(const http::Request& request) const {
  return verifier_ ? verifier_->cost(request) : verify::Effort(0);
}

Result<void> PreparedSource::verify(const http::Request& request, UnixMillis now, event::JsonDocument& document) const {
  return verifier_ ? verifier_->verify(request, now, document) : Result<void>();
}

// Every type begins with the source's id.
Result<void> PreparedSource::set_type(const Offer& offer, event::Event& event) const {
  auto found = type_(offer);
  const std::string_view from = or_else(source_->type_from, preset_->type_from);
  if (!found && type_required_)
    return fail(Code::invalid, "this webhook names no type (" + std::string(from) + ")", std::string(from));
  if (found && source_->type_from.empty() && preset_->separator != 0)
    std::replace(found->begin(), found->end(), preset_->separator, '.');
  std::string type = source_->id;
  if (found && (*found == source_->id || found->starts_with(source_->id + ".")))
    type = std::move(*found);
  else if (found)
    type.append(1, '.').append(*found);
  return set(event.type, std::move(type), event::Attribute::type, "the type", from);
}

Result<void> PreparedSource::set_attributes(const Offer& offer, event::Event& event) const {
  if (auto done = set_type(offer, event); !done) return done;
  auto id = id_(offer);
  if (!id) id = other_id_(offer);
  const std::string_view id_from = or_else(source_->id_from, preset_->id_from);
  if (auto done = set(event.client_id, std::move(id), event::Attribute::id, "the id", id_from); !done) return done;
  if (auto done = set(event.partition_key, key_(offer), event::Attribute::partition_key, "the key", source_->key_from);
      !done)
    return done;
  return set(event.subject, subject_(offer), event::Attribute::subject, "the subject", source_->subject_from);
}

Result<void> PreparedSource::read(const http::Request& request, event::JsonDocument& document,
                                  event::Event& event) const {
  bool parsed = false, is_json = false;
  document.clear();
  const Lookup json = [&](std::string_view pointer) {
    if (!parsed) is_json = bool(document.parse(request.body));
    parsed = true;
    return is_json ? document.text_at(pointer) : std::nullopt;
  };
  const Lookup header = [&](std::string_view name) {
    return request.has_header(name) ? std::optional<std::string>(request.header(name)) : std::nullopt;
  };
  std::optional<http::FormFields> fields;
  const Lookup form = [&](std::string_view name) {
    if (!fields) fields = http::parse_form(request.body).value_or(http::FormFields());
    return http::form_field(*fields, name);
  };
  if (auto done = set_attributes(Offer{header, json, form}, event); !done) return done;
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
  event.json = document.root();
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
