#include "gateway/webhook/prepared_source.hpp"

#include <algorithm>

#include "common/base/form.hpp"
#include "common/event/attributes.hpp"
#include "common/event/coding.hpp"
#include "common/event/fit.hpp"
#include "common/registry/schemes.hpp"

namespace certes::gateway::ingest {
namespace {

Error broken(const registry::Source& source, std::string_view what, const Error& error) {
  return {Code::internal, "source " + source.id + " cannot work: " + std::string(what) + ": " + error.message};
}

// Why it may not stand there; empty: it may.
std::string_view flaw_of(event::Attribute attribute, std::string_view value) {
  return event::valid_utf8(value) ? event::flaw(attribute, value) : "is not valid UTF-8";
}

http::Fault misfit(std::string_view from, std::string_view what, std::string_view flaw) {
  return {std::string(from), std::string(what).append(" of this webhook ").append(flaw)};
}

// The digest of what does not fit tells it from others just as well.
void set(std::string& to, std::optional<Found> found, event::Attribute attribute, std::string_view what,
         std::vector<http::Fault>& misfits) {
  if (!found) return;
  const auto flaw = flaw_of(attribute, found->value);
  if (flaw.empty()) {
    to = std::move(found->value);
    return;
  }
  misfits.push_back(misfit(found->from, what, flaw));
  to = "sha256:" + crypto::hex_encode(crypto::sha256(found->value));
}

bool is_form(const http::Request& request) {
  return event::equal_ignoring_case(event::media_type(request.header("content-type")),
                                    "application/x-www-form-urlencoded");
}

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
                                            const crypto::Sealer& sealer, const Clients& clients,
                                            std::size_t most_unpacked) {
  PreparedSource prepared;
  prepared.most_unpacked_ = most_unpacked;
  prepared.source_ = std::move(source);
  const auto& verify = prepared.source_->verify;
  prepared.preset_ = &preset_of(verify.scheme);
  if (auto made = prepared.make_verifier(sealer, clients); !made) return fail(std::move(made.error()));
  if (auto parsed = prepared.parse_sources(); !parsed) return fail(std::move(parsed.error()));
  prepared.reply_ = reply_of(prepared.source_->response, *prepared.preset_);
  const auto& preset = prepared.preset_->forwarded;
  prepared.forwarded_.assign(preset.begin(), preset.end());
  for (const auto& name : prepared.source_->forward_headers)
    if (!event::carries_credentials(name) && name != event::kContentEncoding &&
        std::ranges::find(prepared.forwarded_, name) == prepared.forwarded_.end())
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
  auto verifier = verify::make_verifier(verify, secrets, clients, most_unpacked_);
  if (!verifier) return fail(broken(*source_, "secret", verifier.error()));
  verifier_ = std::move(*verifier);
  if (verify.verify_token.empty()) return {};
  auto token = open(verify.verify_token);
  if (!token) return fail(std::move(token.error()));
  verify_token_ = std::move(*token);
  return {};
}

// What the source says itself goes before the preset's.
Result<void> PreparedSource::parse_sources() {
  using Texts = std::vector<std::string_view>;
  const auto parse = [this](std::string_view name, const std::string& own, const Texts& preset,
                            std::vector<Extract>& into) -> Result<void> {
    for (const std::string_view text : own.empty() ? preset : Texts{own}) {
      auto extract = Extract::parse(text);
      if (!extract) return fail(broken(*source_, name, extract.error()));
      into.push_back(std::move(*extract));
    }
    return {};
  };
  if (auto done = parse("type_from", source_->type_from, preset_->type_from, type_); !done) return done;
  if (auto done = parse("id_from", source_->id_from, preset_->id_from, id_); !done) return done;
  if (auto done = parse("key_from", source_->key_from, {}, key_); !done) return done;
  return parse("subject_from", source_->subject_from, {}, subject_);
}

bool PreparedSource::json_in_form(const http::Request& request) const {
  return !preset_->json_in.empty() && is_form(request);
}

verify::Effort PreparedSource::effort(const http::Request& request) const {
  return verifier_ ? verifier_->effort(request) : verify::Effort(0);
}

verify::Effort PreparedSource::cost(const http::Request& request) const {
  return verifier_ ? verifier_->cost(request) : verify::Effort(0);
}

verify::Effort PreparedSource::effort_to_read(const http::Request& request, verify::Effort most) const {
  const bool packed = !event::content_coding(request.headers).empty();
  if (packed) return verify::to_parse_unseen(event::most_unpacked(request.body.size(), most_unpacked_));
  return json_in_form(request) ? verify::to_parse_unseen(request.body.size()) : verify::to_parse(request.body, most);
}

Result<void> PreparedSource::verify(const http::Request& request, UnixMillis now, event::JsonDocument& document) const {
  return verifier_ ? verifier_->verify(request, now, document) : Result<void>();
}

// Every type begins with the source's id, which is the type where the webhook names none.
void PreparedSource::set_type(const Offer& offer, event::Event& event, std::vector<http::Fault>& misfits) const {
  auto found = first_found(type_, offer);
  if (!found) {
    event.type = source_->id;
    return;
  }
  std::string& type = found->value;
  if (source_->type_from.empty() && preset_->separator != 0)
    std::replace(type.begin(), type.end(), preset_->separator, '.');
  if (type != source_->id && !type.starts_with(source_->id + ".")) type.insert(0, source_->id + ".");
  event.type = event::fit_type(type);
  if (event.type != type) misfits.push_back(misfit(found->from, "the type", flaw_of(event::Attribute::type, type)));
}

void PreparedSource::set_attributes(const Offer& offer, event::Event& event, std::vector<http::Fault>& misfits) const {
  set_type(offer, event, misfits);
  set(event.client_id, first_found(id_, offer), event::Attribute::id, "the id", misfits);
  set(event.partition_key, first_found(key_, offer), event::Attribute::partition_key, "the key", misfits);
  set(event.subject, first_found(subject_, offer), event::Attribute::subject, "the subject", misfits);
}

// What of the body can be looked into.
std::string_view PreparedSource::unpacked(const http::Request& request, std::string& to,
                                          std::vector<http::Fault>& misfits) const {
  const std::string coding = event::content_coding(request.headers);
  if (coding.empty()) return request.body;
  auto plain = event::unpack(coding, request.body, most_unpacked_);
  if (!plain) misfits.push_back({plain.error().pointer, plain.error().message});
  to = std::move(plain).value_or("");
  return to;
}

std::vector<http::Fault> PreparedSource::read(const http::Request& request, Scratch scratch,
                                              event::Event& event) const {
  std::vector<http::Fault> misfits;
  event::JsonDocument& document = scratch.document;
  const std::string_view body = unpacked(request, scratch.unpacked, misfits);
  const Lookup header = [&](std::string_view name) {
    return request.has_header(name) ? std::optional<std::string>(request.header(name)) : std::nullopt;
  };
  std::optional<FormFields> fields;
  const Lookup form = [&](std::string_view name) {
    if (!fields) fields = parse_form(body).value_or(FormFields());
    return form_field(*fields, name);
  };
  const bool wrapped = json_in_form(request);
  std::string unwrapped;
  bool parsed = false, is_json = false;
  document.clear();
  const Lookup json = [&](std::string_view pointer) {
    if (!parsed && wrapped) unwrapped = form(preset_->json_in).value_or("");
    if (!parsed) is_json = bool(document.parse(wrapped ? unwrapped : body));
    parsed = true;
    return is_json ? document.text_at(pointer) : std::nullopt;
  };
  set_attributes(Offer{header, json, form}, event, misfits);
  event.client_gave_id = !event.client_id.empty() && source_->deduplicate;
  event.source = source_->id;
  event.tenant = source_->tenant;
  set_content_type(request, event, misfits);
  event.query = request.query;
  if (verifies()) event.verified = source_->verify.scheme + "/" + source_->id;
  event.data = request.body;
  if (wrapped) document.clear();  // it is of something else than the body
  const bool packed = body.data() != request.body.data();
  if (packed && !parsed) static_cast<void>(document.parse(body));  // nobody else can
  event.json = document.root();
  forward_headers(request, event, misfits);
  return misfits;
}

void PreparedSource::set_content_type(const http::Request& request, event::Event& event,
                                      std::vector<http::Fault>& misfits) const {
  const auto content_type = request.header("content-type");
  if (content_type.empty()) return;
  const auto flaw = flaw_of(event::Attribute::data_content_type, content_type);
  if (flaw.empty())
    event.data_content_type = content_type;
  else
    misfits.push_back(misfit("content-type", "the content type", flaw));
}

// What no delivery could carry is left out. A coding goes with the body that it is of.
void PreparedSource::forward_headers(const http::Request& request, event::Event& event,
                                     std::vector<http::Fault>& misfits) const {
  if (auto coding = event::content_coding(request.headers); !coding.empty() && event::header_flaw(coding).empty())
    event.forwarded.emplace_back(event::kContentEncoding, std::move(coding));
  for (const auto& name : forwarded_) {
    if (!request.has_header(name)) continue;
    const auto value = request.header(name);
    if (const auto flaw = event::header_flaw(value); flaw.empty())
      event.forwarded.emplace_back(name, value);
    else
      misfits.push_back(misfit(name, "the header " + name, flaw));
  }
}

}  // namespace certes::gateway::ingest
