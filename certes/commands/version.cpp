#include <cstdio>

#include "certes/commands/commands.hpp"

namespace certes::command {

int run_command(const VersionOptions&) {
  std::puts("certes " CERTES_VERSION);
  return kExitOk;
}

}  // namespace certes::command
