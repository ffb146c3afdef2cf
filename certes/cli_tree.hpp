#pragma once
// What is made of the tree of commands, and so is always as new as it: what shells complete, the manual page, and the
// reference.
// Confined to cli*.cpp. Pure.

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace certes::command {

// A command with its parents: "certes endpoints purge".
struct TreeNode {
  std::string path;
  const CLI::App* command;
  bool is_group() const { return command->get_require_subcommand_min() > 0; }  // the command itself does nothing
};
// Its own, in the order in which they were added; and what they are called.
std::vector<const CLI::App*> children_of(const CLI::App& command);
std::vector<std::string> children_names_of(const CLI::App& command);
// All of them, each before its own, in the order in which they were added.
std::vector<TreeNode> nodes_of(const CLI::App& root);

// An option or a flag of a command, or what stands there without a name.
struct TreeOption {
  std::vector<std::string> names;  // "--json"; none: it stands without
  std::string value;               // "URL"; empty: a flag
  std::vector<std::string> choices;
  std::string description;
};
std::vector<TreeOption> options_of(const CLI::App& command);

// `shell`: bash, zsh or fish. A script that the shell reads when it starts.
std::string completion_of(const CLI::App& root, std::string_view shell);
// certes(1), for mdoc(7). `date`: of the text, "December 1, 2026".
std::string manual_of(const CLI::App& root, std::string_view date);
// A section for each command.
std::string markdown_of(const CLI::App& root);

}  // namespace certes::command
