// certes: the one binary. certes-gateway and certes-dispatcher are links to it.
#include <csignal>
#include <cstdio>
#include <exception>

#include "certes/allocator.hpp"
#include "certes/cli.hpp"
#include "certes/commands/commands.hpp"

namespace {

int run(int argc, char** argv) {
  using namespace certes::command;
  const auto environment = certes::config::process_environment();
  Parsed parsed = parse(argv[0], std::vector<std::string>(argv + 1, argv + argc), environment);
  if (!parsed.command) {
    std::fputs(parsed.text.c_str(), parsed.exit_code == kExitOk ? stdout : stderr);
    return parsed.exit_code;
  }
  return std::visit([](auto& options) { return run_command(options); }, *parsed.command);
}

}  // namespace

int main(int argc, char** argv) {
  certes::give_large_blocks_back();
  std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error; command::print looks at standard output itself
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "certes: %s\n", error.what());
    return certes::command::kExitFailure;
  }
}
