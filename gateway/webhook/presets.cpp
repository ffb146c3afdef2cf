#include "gateway/webhook/presets.hpp"

namespace certes::gateway::ingest {
namespace {

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      {.scheme = "github",
       .type_from = {"{header:X-GitHub-Event}.{json:/action}"},
       .id_from = {"header:X-GitHub-Delivery"},
       .json_in = "payload",
       .forwarded = {"x-hub-signature", "x-hub-signature-256", "x-github-event", "x-github-delivery",
                     "x-github-hook-id", "x-github-hook-installation-target-id",
                     "x-github-hook-installation-target-type"}},
      {.scheme = "gitlab",
       .type_from = {"json:/object_kind"},
       .id_from = {"header:X-Gitlab-Event-UUID", "header:webhook-id"},
       .forwarded = {"x-gitlab-event", "x-gitlab-event-uuid", "x-gitlab-webhook-uuid", "x-gitlab-instance",
                     "idempotency-key"}},
      {.scheme = "meta",
       .type_from = {"json:/object"},
       .status = 200,
       .forwarded = {"x-hub-signature", "x-hub-signature-256"}},
      {.scheme = "paddle",
       .type_from = {"json:/event_type"},
       .id_from = {"json:/event_id"},
       .status = 200,
       .forwarded = {"paddle-signature", "paddle-version"}},
      {.scheme = "shopify",
       .type_from = {"header:X-Shopify-Topic"},
       .id_from = {"header:X-Shopify-Webhook-Id"},
       .separator = '/',
       .status = 200,
       .forwarded = {"x-shopify-hmac-sha256", "x-shopify-topic", "x-shopify-webhook-id", "x-shopify-event-id",
                     "x-shopify-shop-domain", "x-shopify-api-version", "x-shopify-triggered-at", "x-shopify-sub-topic",
                     "x-shopify-name"}},
      {.scheme = "slack",
       .type_from = {"json:/event/type", "json:/type", "command.{form:command}"},
       .id_from = {"json:/event_id"},
       .json_in = "payload",
       .status = 200,
       .forwarded = {"x-slack-signature", "x-slack-request-timestamp", "x-slack-retry-num", "x-slack-retry-reason"}},
      {.scheme = "square",
       .type_from = {"json:/type"},
       .id_from = {"json:/event_id"},
       .forwarded = {"x-square-hmacsha256-signature", "square-environment", "square-subscription-id",
                     "square-initial-delivery-timestamp", "square-retry-number", "square-retry-reason"}},
      {.scheme = "standard-webhooks",
       .type_from = {"json:/type"},
       .id_from = {"header:webhook-id", "header:svix-id"},
       .forwarded = {"webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-timestamp",
                     "svix-signature"}},
      {.scheme = "stripe", .type_from = {"json:/type"}, .id_from = {"json:/id"}, .forwarded = {"stripe-signature"}},
      {.scheme = "twilio",
       .type_from = {"const:message"},
       .id_from = {"{form:MessageSid}.{form:MessageStatus}"},
       .status = 200,
       .content_type = "text/xml",
       .body = "<Response/>",
       .forwarded = {"x-twilio-signature", "i-twilio-idempotency-token"}},
      {.scheme = "zendesk",
       .type_from = {"json:/type"},
       .id_from = {"header:X-Zendesk-Webhook-Invocation-Id"},
       .separator = ':',
       .forwarded = {"x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp", "x-zendesk-webhook-id",
                     "x-zendesk-webhook-invocation-id", "x-zendesk-account-id"}},
  };
  return all;
}

}  // namespace

const Preset& preset_of(std::string_view scheme) {
  static const Preset none{};
  for (const Preset& preset : presets())
    if (preset.scheme == scheme) return preset;
  return none;
}

}  // namespace certes::gateway::ingest
