#include "api/key_actions.hpp"

#include "api/change.hpp"
#include "api/grace.hpp"
#include "api/key_rules.hpp"
#include "common/base/seconds.hpp"

namespace certes::api {
namespace {

using registry::Key;

constexpr std::size_t kMostFormer = 4;

// How long the old text stays good; an empty body asks for the default.
Result<double> grace_of(const Call& call) {
  double seconds = kDefaultGraceSeconds;
  if (call.request.body.empty()) return seconds;
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  take_grace(fields, seconds);
  if (auto error = fields.done()) return fail(std::move(*error));
  return seconds;
}

// `until`: of the text it has now. None is good for longer than it was before.
void rotate(Key& key, std::string hash, UnixMillis now, UnixMillis until) {
  key.former.insert(key.former.begin(), {std::move(key.hash), until});
  std::erase_if(key.former, [&](const Key::Former& one) { return one.expires_at <= now; });
  if (key.former.size() > kMostFormer) key.former.resize(kMostFormer);
  key.hash = std::move(hash);
}

}  // namespace

Result<http::Response> rotate_key(const Call& call, Services& services) {
  const auto grace = grace_of(call);
  if (!grace) return fail(grace.error());
  const std::string id = call.path("id").value_or("");
  return change_resource<Key>(
      call.tenant, id, call, services, [&](const Key* current, Revealed& revealed) -> Result<Key> {
        if (current == nullptr) return fail(not_found<Key>(id));
        if (auto ok = may_give(*current, call); !ok) return fail(std::move(ok.error()));
        Key next = *current;
        std::string text = crypto::new_api_key();
        const UnixMillis now = services.deps.clock.unix_millis();
        if (call.caller.keyless && (current->expires_at == 0 || current->expires_at > now + kKeylessMillis))
          return fail(Code::forbidden,
                      "without a key no new text is made for one that is good for more than 24 hours: send a key");
        rotate(next, crypto::hash_api_key(text), now, now + millis_of(*grace).count());
        revealed = std::pair{std::string("key"), std::move(text)};
        return next;
      });
}

}  // namespace certes::api
