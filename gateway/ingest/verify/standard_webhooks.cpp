// Standard Webhooks 1.0.0, v1 and v1a, under its own names of headers or Svix'; and GitLab, which sends either that or
// a plain token.
#include "common/registry/schemes.hpp"
#include "gateway/ingest/verify/checks.hpp"
#include "gateway/ingest/verify/verifier.hpp"

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

  Result<void> verify(const http::Request& request, UnixMillis now) override {
    const bool svix = !request.has_header(kStandard.id) && request.has_header(kSvix.id);
    const Names& names = svix ? kSvix : kStandard;
    const auto id = sole_header(request, names.id);
    if (!id) return fail(id.error());
    const auto timestamp = sole_header(request, names.timestamp);
    if (!timestamp) return fail(timestamp.error());
    const auto signatures = sole_header(request, names.signature);
    if (!signatures) return fail(signatures.error());
    return verify_by_any(*id, *timestamp, *signatures, request.body, now / 1'000);
  }

 private:
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

  Result<void> verify_by_any(std::string_view id, std::string_view timestamp, std::string_view signatures,
                             std::string_view body, std::int64_t now) const {
    Error last;
    const auto try_each = [&](const auto& all) {
      for (const auto& one : all) {
        auto verified = one.verify(id, timestamp, signatures, body, now, tolerance_seconds_);
        if (verified) return true;
        last = std::move(verified.error());
      }
      return false;
    };
    if (try_each(secret_) || try_each(public_)) return {};
    return fail(std::move(last));
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

  Result<void> verify(const http::Request& request, UnixMillis now) override {
    constexpr std::string_view kHeader = "X-Gitlab-Token";
    if (standard_ && (tokens_.empty() || request.has_header(kStandard.signature)))
      return standard_->verify(request, now);
    const auto token = sole_header(request, kHeader);
    if (!token) return fail(token.error());
    if (any_is(tokens_, *token)) return {};
    return fail(refusal(kHeader, "is not the secret"));
  }

 private:
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
