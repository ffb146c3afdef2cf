// Standard Webhooks 1.0.0, v1 and v1a, under its own names of headers or Svix'; and GitLab, which sends either that or
// a plain token.
#include <algorithm>

#include "common/registry/schemes.hpp"
#include "gateway/webhook/verify/checks.hpp"
#include "gateway/webhook/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {
namespace {

struct Names {
  std::string_view id, timestamp, signature;
};
constexpr Names kStandard = {"webhook-id", "webhook-timestamp", "webhook-signature"};
constexpr Names kSvix = {"svix-id", "svix-timestamp", "svix-signature"};

class StandardWebhooks : public Verifier {
 public:
  static Result<std::unique_ptr<StandardWebhooks>> make(std::int64_t tolerance_seconds,
                                                        const std::vector<std::string>& secrets) {
    auto made = std::make_unique<StandardWebhooks>();
    made->tolerance_seconds_ = tolerance_seconds;
    for (const std::string& secret : secrets)
      if (auto added = made->add(secret); !added) return fail(std::move(added.error()));
    return made;
  }

  // Of the entries of the list, only those that something here could have made cost anything.
  Effort effort(const http::Request& request) const override {
    std::string_view list = request.header(names_of(request).signature);
    std::size_t count = 0, shared = 0, asymmetric = 0;
    while (!list.empty() && count <= crypto::kMaxSignatures) {
      const std::string_view one = list.substr(0, list.find(' '));
      list.remove_prefix(std::min(list.size(), one.size() + 1));
      if (one.empty()) continue;
      ++count;
      shared += one.starts_with("v1,");
      asymmetric += one.starts_with("v1a,");
    }
    const std::size_t macs = shared == 0 ? 0 : secret_.size();
    const std::size_t verifications = std::min(asymmetric * public_.size(), crypto::kMaxVerifications);
    return to_hash((macs + verifications) * request.body.size()) + kEd25519 * static_cast<Effort::rep>(verifications);
  }

  Result<void> verify(const http::Request& request, UnixMillis now, event::JsonDocument&) const override {
    const Names& names = names_of(request);
    const auto id = sole_header(request, names.id);
    if (!id) return fail(id.error());
    const auto timestamp = sole_header(request, names.timestamp);
    if (!timestamp) return fail(timestamp.error());
    const auto signatures = sole_header(request, names.signature);
    if (!signatures) return fail(signatures.error());
    return crypto::verify_webhook({*id, *timestamp, *signatures, request.body}, secret_, public_, now / 1'000,
                                  tolerance_seconds_);
  }

 private:
  static const Names& names_of(const http::Request& request) {
    return !request.has_header(kStandard.id) && request.has_header(kSvix.id) ? kSvix : kStandard;
  }

  Result<void> add(const std::string& secret) {
    if (secret.starts_with(crypto::StandardWebhooksPublic::kPrefix)) {
      auto key = crypto::StandardWebhooksPublic::make(secret);
      if (!key) return fail(std::move(key.error()));
      public_.push_back(std::move(*key));
      return {};
    }
    auto made = crypto::StandardWebhooks::make(secret);
    if (!made) return fail(std::move(made.error()));
    secret_.push_back(std::move(*made));
    return {};
  }

  std::int64_t tolerance_seconds_ = 0;
  std::vector<crypto::StandardWebhooks> secret_;
  std::vector<crypto::StandardWebhooksPublic> public_;
};

// A signature is looked at where there is a secret for it; else the token must be right.
class Gitlab : public Verifier {
 public:
  Gitlab(std::vector<std::string> tokens, VerifierPtr standard)
      : tokens_(std::move(tokens)), standard_(std::move(standard)) {}

  Effort effort(const http::Request& request) const override {
    return by_signature(request) ? standard_->effort(request) : Effort(0);
  }

  Result<void> verify(const http::Request& request, UnixMillis now, event::JsonDocument& scratch) const override {
    constexpr std::string_view kHeader = "X-Gitlab-Token";
    if (by_signature(request)) return standard_->verify(request, now, scratch);
    const auto token = sole_header(request, kHeader);
    if (!token) return fail(token.error());
    if (any_is(tokens_, *token)) return {};
    return fail(refusal(kHeader, "is not the secret"));
  }

 private:
  bool by_signature(const http::Request& request) const {
    return standard_ && (tokens_.empty() || request.has_header(kStandard.signature));
  }

  const std::vector<std::string> tokens_;
  const VerifierPtr standard_;
};

}  // namespace

Result<VerifierPtr> make_standard_webhooks(const registry::Verify& verify, const std::vector<std::string>& secrets) {
  auto made = StandardWebhooks::make(registry::tolerance_of(verify), secrets);
  if (!made) return fail(std::move(made.error()));
  return VerifierPtr(std::move(*made));
}

Result<VerifierPtr> make_gitlab(const registry::Verify& verify, const std::vector<std::string>& secrets) {
  std::vector<std::string> tokens, signing;
  for (const std::string& secret : secrets) (secret.starts_with("whsec_") ? signing : tokens).push_back(secret);
  VerifierPtr standard;
  if (!signing.empty()) {
    auto made = make_standard_webhooks(verify, signing);
    if (!made) return made;
    standard = std::move(*made);
  }
  return VerifierPtr(std::make_unique<Gitlab>(std::move(tokens), std::move(standard)));
}

}  // namespace certes::gateway::ingest::verify
