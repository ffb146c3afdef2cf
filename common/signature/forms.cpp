#include "common/signature/forms.hpp"

namespace certes::signature {
namespace {

constexpr MacForm kMacForms[] = {
    {"github", "X-Hub-Signature-256", "sha256=", "hex", "{body}", ""},
    {"meta", "X-Hub-Signature-256", "sha256=", "hex", "{body}", ""},
    {"shopify", "X-Shopify-Hmac-Sha256", "", "base64", "{body}", ""},
    {"slack", "X-Slack-Signature", "v0=", "hex", "v0:{timestamp}:{body}", "X-Slack-Request-Timestamp"},
    {"square", "X-Square-HmacSha256-Signature", "", "base64", "{url}{body}", ""},
    {"zendesk", "X-Zendesk-Webhook-Signature", "", "base64", "{timestamp}{body}",
     "X-Zendesk-Webhook-Signature-Timestamp", TimeForm::rfc3339},
};
constexpr ListForm kListForms[] = {
    {"stripe", "Stripe-Signature", ',', "t", "v1", "."},
    {"paddle", "Paddle-Signature", ';', "ts", "h1", ":"},
};

template <class Form, std::size_t N>
const Form* find(const Form (&forms)[N], std::string_view scheme) {
  for (const Form& form : forms)
    if (form.scheme == scheme) return &form;
  return nullptr;
}

}  // namespace

const MacForm* mac_form(std::string_view scheme) { return find(kMacForms, scheme); }
const ListForm* list_form(std::string_view scheme) { return find(kListForms, scheme); }

registry::Verify as_generic(const registry::Verify& verify) {
  registry::Verify full = verify;
  const MacForm* const form = mac_form(verify.scheme);
  if (form == nullptr) return full;
  full.header = form->header;
  full.prefix = form->prefix;
  full.algorithm = "sha256";
  full.encoding = form->encoding;
  full.signed_parts = form->signed_parts;
  full.timestamp = form->timestamp;
  return full;
}

TimeForm time_form(const registry::Verify& verify) {
  const MacForm* const form = mac_form(verify.scheme);
  return form == nullptr ? TimeForm::any : form->time;
}

}  // namespace certes::signature
