#pragma once
// Challenges: what providers ask a webhook's address before, and between, the webhooks: whether it wants them. None of
// these becomes an event.
//   Slack            POST {"type":"url_verification"}, signed; its `challenge` as text/plain
//   Meta             GET ?hub.mode=subscribe&hub.verify_token=…&hub.challenge=…
//   Microsoft Graph  POST ?validationToken=… without a body; the token as text/plain
//   Event Grid       POST, aeg-event-type: SubscriptionValidation; {"validationResponse": data.validationCode}
//   Trello, Mailchimp, Mandrill  GET or HEAD
//   CloudEvents      OPTIONS, WebHook-Request-Origin (HTTP 1.1 Web Hooks for Event Delivery 1.0, section 4)
// Who: Intake. Confined to its loop.

#include <optional>
#include <string_view>

#include "common/event/json_document.hpp"
#include "common/http/server/server.hpp"
#include "gateway/webhook/prepared_source.hpp"

namespace certes::gateway::ingest {

// Before a signature is looked at: there is none. Nothing: it is no such challenge.
std::optional<http::Response> unsigned_challenge(const PreparedSource& source, const http::Request& request);
// Of a request that verified.
std::optional<http::Response> signed_challenge(const PreparedSource& source, const http::Request& request,
                                               event::JsonDocument& document);
// GET, and HEAD: Meta's; else 200, for those who look whether there is somebody before they keep the address.
http::Response answer_get(const PreparedSource& source, const http::Request& request);
// OPTIONS: consent to a sender of CloudEvents, else the methods.
http::Response answer_options(const PreparedSource& source, const http::Request& request);

}  // namespace certes::gateway::ingest
