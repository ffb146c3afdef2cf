// certes serve, gateway, dispatcher, api.
#include <sys/resource.h>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/logging.hpp"
#include "certes/runtime.hpp"

namespace certes::command {
namespace {

// Every connection is a file: take as many as the system gives.
void raise_file_limit() {
  constexpr rlim_t kEnough = 8'192;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < kEnough)
    logging::warn("only " + std::to_string(limit.rlim_max) +
                  " open files are allowed, so connections are few: raise it with ulimit -Hn or LimitNOFILE=");
}

}  // namespace

int run_command(const ServeOptions& options) {
  Signals signals;
  auto settings = config::load(options.sources);
  if (!settings) return failed(settings.error());
  logging::start(settings->log_level);
  raise_file_limit();
  Runtime runtime(options.role, std::move(*settings), options.print_ports, signals);
  const auto ran = runtime.run();
  return ran ? kExitOk : failed(ran.error());
}

}  // namespace certes::command
