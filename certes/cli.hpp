#pragma once
// The command line, parsed: from words and environment to a Command. Pure; the only place, with cli_*.cpp, that knows
// the library for it.

#include <map>
#include <string>
#include <vector>

#include "certes/options.hpp"

namespace certes::command {

struct Parsed {
  std::optional<Command> command;
  int exit_code = kExitOk;  // where there is no command: help asked for, or a wrong line
  std::string text;         // help, or what is wrong
};

// `program`: how it was called; certes-gateway and certes-dispatcher mean these roles. `words`: what follows.
Parsed parse(const std::string& program, std::vector<std::string> words,
             const std::map<std::string, std::string>& environment);

}  // namespace certes::command
