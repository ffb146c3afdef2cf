#include "certes/installation.hpp"

#include <unistd.h>

#include "api/bootstrap.hpp"
#include "certes/commands/console.hpp"
#include "certes/logging.hpp"
#include "certes/private_file.hpp"

namespace certes {
namespace {

constexpr int kMostKeys = 100;  // of a directory

Result<void> hand_over(const std::string& key, const config::Settings& settings) {
  if (::isatty(STDOUT_FILENO) != 0) {
    (void)command::try_print_line("admin key: " + key + "  (shown this once)");
    return {};
  }
  auto kept = make_directory(settings.data);
  for (int number = 1; kept && number <= kMostKeys; ++number) {
    const std::string path = settings.data + (number == 1 ? "/admin.key" : "/admin-" + std::to_string(number) + ".key");
    kept = make_private_file(path, key + "\n");
    if (kept) {
      logging::info("the admin key was made: " + path);
      return {};
    }
    // Another installation's, which had the same directory.
    if (kept.error().code == Code::conflict && number < kMostKeys) kept = {};
  }
  // It is registered already and cannot be shown again.
  return fail(Code::internal, "the admin key was made but cannot be kept: " + kept.error().message +
                                  "; set another one with CERTES_ADMIN_KEY");
}

}  // namespace

Result<void> prepare_installation(registry::Registry& registry, const SealingKeys& keys,
                                  const config::Settings& settings, bool admin_key) {
  if (auto checked = api::check_sealing_key(registry, keys.sealer); !checked) {
    if (keys.made.empty() || checked.error().code != Code::invalid) return checked;
    return fail(lost_key(keys, "there is an installation at " + settings.kafka.brokers));
  }
  if (!admin_key) return {};
  const auto key = api::ensure_admin_key(registry, settings);
  if (!key) return fail(key.error());
  return key->empty() ? Result<void>() : hand_over(*key, settings);
}

}  // namespace certes
