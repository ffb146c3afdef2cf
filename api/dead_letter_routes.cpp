#include "api/dead_letter_routes.hpp"

#include <memory>
#include <variant>

#include "api/dead_letter_replay.hpp"
#include "api/dead_letters.hpp"
#include "api/page.hpp"
#include "common/log/names.hpp"

namespace certes::api {
namespace {

Result<DeadLetterCursor> cursor_of(const Call& call) {
  const auto text = call.query("after");
  if (!text || text->empty()) return DeadLetterCursor{};
  const auto cursor = DeadLetterCursor::parse(*text);
  if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", "after");
  return *cursor;
}

std::optional<std::string> next_of(ScanEnd end, const DeadLetterCursor& cursor) {
  return end == ScanEnd::all ? std::nullopt : std::optional(cursor.text());
}

Result<http::Response> list(const Call& call, Services& services, const DeadLetterIds& ids) {
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  auto cursor = cursor_of(call);
  if (!cursor) return fail(cursor.error());
  const auto endpoint = call.query("endpoint").value_or("");
  const auto delivery = call.query("delivery").value_or("");
  Page page(*limit, services);
  const auto end = scan_dead_letters(services.deps.log, call.tenant, scan_budget(services), *cursor,
                                     [&](const log::RecordPtr& letter) {
                                       const auto& headers = letter->headers;
                                       if ((endpoint.empty() || headers.get(log::names::kEndpoint) == endpoint) &&
                                           (delivery.empty() || headers.get(log::names::kDelivery) == delivery))
                                         page.add(dead_letter_json(*letter, ids.of(*letter), false));
                                       return !page.full();
                                     });
  if (!end) return fail(end.error());
  if (*end == ScanEnd::budget) services.cut_scans.add();
  return std::move(page).answer(next_of(*end, *cursor));
}

// The letter, or an answer that says why not.
using Found = std::variant<log::RecordPtr, http::Response>;

http::Response not_found_yet(const DeadLetterCursor& cursor) {
  auto response = http::problem(503, "search-incomplete", "Not looked up",
                                "there are more dead letters than one request may read: go on with ?after=NEXT, or use "
                                "the id that lists show (dl_...), by which a dead letter is found at once",
                                "id");
  response.body.pop_back();
  response.body.append(R"(,"next":)").append(json_text(cursor.text())).append("}");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// By its delivery alone: all are read, as many as one request may.
Result<Found> find_delivery(const Call& call, Services& services, const std::string& id) {
  auto cursor = cursor_of(call);
  if (!cursor) return fail(cursor.error());
  log::RecordPtr found;
  const auto end = scan_dead_letters(services.deps.log, call.tenant, scan_budget(services), *cursor,
                                     [&](const log::RecordPtr& letter) {
                                       if (letter->headers.get(log::names::kDelivery) == id) found = letter;
                                       return !found;
                                     });
  if (!end) return fail(end.error());
  if (found) return Found(found);
  if (*end == ScanEnd::budget) {
    services.cut_scans.add();
    return Found(not_found_yet(*cursor));
  }
  return fail(Code::not_found, "there is no dead letter of the delivery " + id + ": all were looked through");
}

Result<Found> find_named(const Call& call, Services& services, const DeadLetterIds& ids) {
  const std::string text = call.path("id").value_or("");
  if (text.starts_with("dlv_")) return find_delivery(call, services, text);
  if (const auto id = DeadLetterIds::parse(text)) {
    const auto found = read_dead_letter(services.deps.log, call.tenant, ids, *id, scan_budget(services).time);
    if (!found) return fail(found.error());
    if (*found) return Found(*found);
  }
  return fail(Code::not_found, "there is no dead letter " + text.substr(0, 128));
}

// `then` with the letter that the path names.
template <class Then>
Result<http::Response> with_letter(const Call& call, Services& services, Then&& then) {
  auto found = find_named(call, services, services.dead_letter_ids);
  if (!found) return fail(found.error());
  if (auto* answer = std::get_if<http::Response>(&*found)) return std::move(*answer);
  return then(*std::get<log::RecordPtr>(*found));
}

}  // namespace

Result<http::Response> list_dead_letters(const Call& call, Services& services) {
  return list(call, services, services.dead_letter_ids);
}

Result<http::Response> show_dead_letter(const Call& call, Services& services) {
  return with_letter(call, services, [&](const log::StoredRecord& letter) -> Result<http::Response> {
    return json_response(200, dead_letter_json(letter, services.dead_letter_ids.of(letter), true));
  });
}

Result<http::Response> replay_dead_letter(const Call& call, Services& services) {
  return with_letter(call, services,
                     [&](const log::StoredRecord& letter) { return replay_one(call, services, letter); });
}

Result<http::Response> replay_dead_letters(const Call& call, Services& services) {
  return replay_page(call, services, services.dead_letter_ids);
}

}  // namespace certes::api
