// certes serve, gateway, dispatcher, api.
#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/descriptors.hpp"
#include "certes/logging.hpp"
#include "certes/runtime.hpp"

namespace certes::command {

int run_command(const ServeOptions& options) {
  Signals signals;
  auto loaded = config::load_with_origins(options.sources);
  if (!loaded) return failed(loaded.error());
  config::Settings& settings = loaded->settings;
  logging::start(settings.log_level, settings.log_format);
  if (const auto lowered = share_descriptors(raise_descriptor_limit(), options.role, settings)) logging::warn(*lowered);
  Runtime runtime(options.role, options.sources, std::move(*loaded), options.print_ports, signals);
  const auto ran = runtime.run();
  if (ran) return kExitOk;
  failed(ran.error());
  return kExitFailure;  // a service has no other
}

}  // namespace certes::command
