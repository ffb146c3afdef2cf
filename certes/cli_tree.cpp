#include "certes/cli_tree.hpp"

#include <algorithm>

namespace certes::command {
namespace {

void add(std::vector<TreeNode>& nodes, const std::string& path, const CLI::App& command) {
  nodes.push_back({path, &command});
  for (const CLI::App* const child : children_of(command)) add(nodes, path + " " + child->get_name(), *child);
}

// Of "TEXT:{critical,high}"; the library keeps them nowhere else.
std::vector<std::string> choices_of(const std::string& type) {
  const std::size_t open = type.find('{'), close = type.find('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  for (std::size_t at = open + 1; at < close;) {
    const std::size_t end = std::min(type.find(',', at), close);
    choices.push_back(type.substr(at, end - at));
    at = end + 1;
  }
  return choices;
}

// What stands without a name is called by what it is, unless more was said.
std::string value_of(const CLI::Option& option) {
  const std::string type = option.get_type_name(), value = type.substr(0, type.find(':'));
  return value.empty() || (value == "TEXT" && option.get_lnames().empty()) ? option.get_name(true) : value;
}

}  // namespace

std::vector<const CLI::App*> children_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> children_names_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* const child : children_of(command)) names.push_back(child->get_name());
  return names;
}

std::vector<TreeNode> nodes_of(const CLI::App& root) {
  std::vector<TreeNode> nodes;
  add(nodes, root.get_name(), root);
  return nodes;
}

std::vector<TreeOption> options_of(const CLI::App& command) {
  std::vector<TreeOption> options;
  for (const CLI::Option* const option : command.get_options([](const CLI::Option*) { return true; })) {
    TreeOption& made = options.emplace_back();
    for (const std::string& name : option->get_snames()) made.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) made.names.push_back("--" + name);
    if (option->get_type_size_max() > 0) made.value = value_of(*option);
    made.choices = choices_of(option->get_type_name());
    made.description = option->get_description();
  }
  return options;
}

}  // namespace certes::command
