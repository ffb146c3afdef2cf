// The reference of commands, as Markdown, from the tree of commands.
#include "certes/cli_tree.hpp"

namespace certes::command {
namespace {

// In a table's cell, and nothing in it is markup.
std::string cell(std::string_view words) {
  std::string out;
  for (const char c : words) {
    if (c == '|' || c == '<' || c == '*' || c == '_' || c == '#') out += '\\';
    c == '\n' ? out.append(" ") : out.append(1, c);
  }
  return out;
}

std::string value_of(const TreeOption& option) {
  if (option.choices.empty()) return option.value;
  std::string all;
  for (const std::string& choice : option.choices) all += (all.empty() ? "" : "|") + choice;
  return all;
}

// "`--key-file FILE`"; of what stands without a name "`FILE`".
std::string named(const TreeOption& option) {
  std::string out;
  for (const std::string& name : option.names) out += (out.empty() ? "" : ", ") + name;
  const std::string value = value_of(option);
  if (!value.empty()) out += (out.empty() ? "" : " ") + value;
  std::string bare;
  for (const char c : out) c == '|' ? bare.append("\\|") : bare.append(1, c);
  return "`" + bare + "`";
}

bool asks_for_help(const TreeOption& option) {
  return !option.names.empty() && option.names.back().starts_with("--help");
}

std::string section(const TreeNode& node) {
  std::string what = node.command->get_description();
  if (!what.empty() && what[0] >= 'a' && what[0] <= 'z') what[0] = static_cast<char>(what[0] - 'a' + 'A');
  std::string out = "## " + node.path + "\n" + what + ".\n\n";
  std::string rows;
  for (const TreeOption& option : options_of(*node.command))
    if (!asks_for_help(option)) rows += "| " + named(option) + " | " + cell(option.description) + " |\n";
  if (!rows.empty()) out += "| | |\n|---|---|\n" + rows + "\n";
  return out;
}

}  // namespace

std::string markdown_of(const CLI::App& root) {
  std::string out;
  for (const TreeNode& node : nodes_of(root))
    if (!node.is_group()) out += section(node);
  return out;
}

}  // namespace certes::command
