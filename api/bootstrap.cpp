#include "api/bootstrap.hpp"

#include <future>

#include "common/registry/proposal.hpp"

namespace certes::api {
namespace {

constexpr Millis kLimit{10'000};
constexpr std::string_view kKnownText = "certes";
constexpr std::string_view kMarkerContext = "default/installation/sealing";
constexpr std::string_view kMarker = "sealing";

Result<registry::StatePtr> fresh_state(registry::Registry& registry) {
  if (auto failed = registry.failure()) return fail(std::move(*failed));
  const auto reached = std::make_shared<std::promise<registry::StatePtr>>();
  auto state = reached->get_future();
  registry.fence([reached](registry::StatePtr fresh) { reached->set_value(std::move(fresh)); });
  if (state.wait_for(kLimit) == std::future_status::ready) return state.get();
  if (auto failed = registry.failure()) return fail(std::move(*failed));
  return fail(Code::unavailable, "the registry has not been read yet: the log is away");
}

template <class T>
registry::Change change_of(const T& resource, registry::Change::Op op) {
  registry::Change change = registry::change_to(resource);
  change.op = op;
  change.by = registry::kByCertes;
  return change;
}

bool is_key(std::string_view text) {
  constexpr std::string_view kPrefix = "certes_";
  return text.size() == kPrefix.size() + 43 && text.starts_with(kPrefix) &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == text.npos;
}

registry::Key admin_key(std::string_view text) {
  registry::Key key;
  key.id = "admin";
  key.scopes = {"*"};
  key.hash = crypto::hash_api_key(text);
  return key;
}

Result<void> check_marker(const registry::Installation& marker, const crypto::Sealer& sealer) {
  const auto opened = sealer.open(marker.check, kMarkerContext);
  if (opened && *opened == kKnownText) return {};
  return fail(
      Code::invalid,
      "wrong sealing key " + sealer.key_id() +
          " (secrets.key_file or CERTES_SECRETS_KEY): give every process the installation's; its secrets were " +
          (opened ? std::string("sealed with another one") : opened.error().message));
}

}  // namespace

Result<std::string> ensure_admin_key(registry::Registry& registry, const config::Settings& settings) {
  const auto state = fresh_state(registry);
  if (!state) return fail(state.error());
  const auto current = (*state)->key(registry::kDefaultTenant, "admin");
  if (settings.admin_key.empty()) {
    if (current) return std::string();
    std::string text = crypto::new_api_key();
    const auto made = registry.propose(change_of(admin_key(text), registry::Change::Op::create), kLimit);
    if (made) return text;
    if (made.error().code == Code::conflict) return std::string();  // another process was first
    return fail(made.error());
  }
  if (!is_key(settings.admin_key)) {
    return fail(Code::invalid, "CERTES_ADMIN_KEY is no key: certes_ and 43 characters of A-Z a-z 0-9 _ -");
  }
  const registry::Key key = admin_key(settings.admin_key);
  const auto* holder = (*state)->keys_by_hash.find(key.hash);
  if (holder != nullptr && registry::registry_key((*holder)->tenant, "keys", (*holder)->id) != "default/keys/admin")
    return fail(Code::invalid, "CERTES_ADMIN_KEY is the key \"" + (*holder)->id + "\" already: give another one");
  if (current && current->hash == key.hash) return std::string();
  const auto put = registry.propose(change_of(key, registry::Change::Op::put), kLimit);
  if (!put) return fail(Error(put.error()).prefixed("the admin key cannot be set: "));
  return std::string();
}

Result<void> check_sealing_key(registry::Registry& registry, const crypto::Sealer& sealer) {
  const std::string name = "default/" + std::string(kMarker);
  for (int tries = 0; tries < 2; ++tries) {
    const auto state = fresh_state(registry);
    if (!state) return fail(state.error());
    if (const auto* found = (*state)->installation.find(name)) return check_marker(**found, sealer);
    registry::Installation marker;
    marker.id = kMarker;
    marker.check = sealer.seal(kKnownText, kMarkerContext);
    const auto made = registry.propose(change_of(marker, registry::Change::Op::create), kLimit);
    if (made) return {};
    if (made.error().code != Code::conflict) return fail(made.error());
  }
  return fail(Code::internal, "the sealing key cannot be checked: the installation's marker comes and goes");
}

}  // namespace certes::api
