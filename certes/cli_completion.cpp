// What bash, zsh and fish complete: commands, options, and the values of those that have a choice; files where a value
// has none. Each script walks the words before the cursor along the tree's paths, as options may stand between them.
#include <functional>

#include "certes/cli_tree.hpp"

namespace certes::command {
namespace {

std::string words_of(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

// In single quotes, as each of the three reads them.
std::string quoted(std::string_view text, std::string_view quote) {
  std::string out = "'";
  for (const char c : text) c == '\'' ? out.append(quote) : out.append(1, c);
  return out + "'";
}
std::string in_sh(std::string_view text) { return quoted(text, "'\\''"); }
std::string in_fish(std::string_view text) { return quoted(text, "\\'"); }

// "a|b": of every path but the root's.
std::string paths_of(const std::vector<TreeNode>& nodes) {
  std::vector<std::string> paths;
  for (std::size_t i = 1; i < nodes.size(); ++i) paths.push_back("\"" + nodes[i].path + "\"");
  return words_of(paths, "|");
}

using Choice = std::function<void(const std::string& command, const std::vector<std::string>& names,
                                  const std::vector<std::string>& choices)>;
void for_each_choice(const std::vector<TreeNode>& nodes, const Choice& visit) {
  for (const TreeNode& node : nodes)
    for (const TreeOption& option : options_of(*node.command))
      if (!option.choices.empty()) visit(node.path, option.names, option.choices);
}

std::string bash(const CLI::App& root) {
  const auto nodes = nodes_of(root);
  const std::string& name = root.get_name();
  std::string out = "# " + name + " completion for bash. To be read by ~/.bashrc: source <(" + name +
                    " completion bash)\n_" + name +
                    "() {\n"
                    "  local at=" +
                    name +
                    " i word=\"${COMP_WORDS[COMP_CWD]}\" before=\"${COMP_WORDS[COMP_CWD - 1]}\"\n"
                    "  for ((i = 1; i < COMP_CWD; i++)); do\n"
                    "    case \"$at ${COMP_WORDS[i]}\" in\n      " +
                    paths_of(nodes) +
                    ") at=\"$at ${COMP_WORDS[i]}\" ;;\n    esac\n"
                    "  done\n"
                    "  case \"$at $before\" in\n";
  std::string unnamed;
  for_each_choice(nodes, [&](const std::string& at, const auto& names, const auto& choices) {
    const std::string words = "COMPREPLY=($(compgen -W " + in_sh(words_of(choices)) + " -- \"$word\"))";
    for (const std::string& option : names) out += "    \"" + at + " " + option + "\") " + words + "; return ;;\n";
    if (names.empty()) unnamed += "      \"" + at + "\") " + words + " ;;\n";
  });
  out += "  esac\n  if [[ $word == -* ]]; then\n    case \"$at\" in\n";
  for (const TreeNode& node : nodes) {
    std::vector<std::string> names;
    for (const TreeOption& option : options_of(*node.command))
      names.insert(names.end(), option.names.begin(), option.names.end());
    out += "      \"" + node.path + "\") COMPREPLY=($(compgen -W " + in_sh(words_of(names)) + " -- \"$word\")) ;;\n";
  }
  out += "    esac\n  elif [[ $before != -* ]]; then\n    case \"$at\" in\n" + unnamed;
  for (const TreeNode& node : nodes)
    if (const auto children = children_names_of(*node.command); !children.empty())
      out +=
          "      \"" + node.path + "\") COMPREPLY=($(compgen -W " + in_sh(words_of(children)) + " -- \"$word\")) ;;\n";
  out += "    esac\n  fi\n}\ncomplete -o bashdefault -o default -F _" + name + " " + name + "\n";
  return out;
}

// A word and what it means, for _describe.
std::string described(std::string_view word, std::string_view what) {
  std::string out;
  for (const char c : word) c == ':' ? out.append("\\:") : out.append(1, c);
  return in_sh(out + ":" + std::string(what));
}

std::string zsh(const CLI::App& root) {
  const auto nodes = nodes_of(root);
  const std::string& name = root.get_name();
  std::string out =
      "#compdef " + name + "\n# A file _" + name +
      " in a directory of $fpath; or, in ~/.zshrc behind compinit: source <(" + name + " completion zsh)\n_" + name +
      "() {\n"
      "  local at=" +
      name +
      " word\n  local -a commands options\n"
      "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n    case \"$at $word\" in\n      (" +
      paths_of(nodes) + ") at=\"$at $word\" ;;\n    esac\n  done\n  case \"$at ${words[CURRENT-1]}\" in\n";
  std::string unnamed;
  for_each_choice(nodes, [&](const std::string& at, const auto& names, const auto& choices) {
    for (const std::string& option : names)
      out += "    (\"" + at + " " + option + "\") compadd -- " + words_of(choices) + "; return ;;\n";
    if (names.empty()) unnamed += "    (\"" + at + "\") compadd -- " + words_of(choices) + "; return ;;\n";
  });
  out += "  esac\n  case \"$at\" in\n";
  for (const TreeNode& node : nodes) {
    out += "    (\"" + node.path + "\")\n      commands=(";
    for (const CLI::App* const child : children_of(*node.command))
      out += "\n        " + described(child->get_name(), child->get_description());
    out += ")\n      options=(";
    for (const TreeOption& option : options_of(*node.command))
      for (const std::string& one : option.names) out += "\n        " + described(one, option.description);
    out += ")\n      ;;\n";
  }
  out += "  esac\n  if [[ ${words[CURRENT]} == -* ]]; then\n    _describe -o option options\n    return\n  fi\n";
  if (!unnamed.empty()) out += "  case \"$at\" in\n" + unnamed + "  esac\n";
  out +=
      "  if (( $#commands )); then\n    _describe command commands\n  else\n    _files\n  fi\n}\n"
      "if [[ ${funcstack[1]} == _" +
      name + " ]]; then _" + name + " \"$@\"; else compdef _" + name + " " + name + "; fi\n";
  return out;
}

std::string fish(const CLI::App& root) {
  const auto nodes = nodes_of(root);
  const std::string& name = root.get_name();
  std::string paths;
  for (const TreeNode& node : nodes) paths += " " + in_fish(node.path);
  std::string out = "# " + name + " completion for fish: " + name + " completion fish > ~/.config/fish/completions/" +
                    name +
                    ".fish\n"
                    "set -g __" +
                    name + "_paths" + paths + "\nfunction __" + name + "_at\n  set -l at " + name +
                    "\n  for word in (commandline -opc)[2..-1]\n    if contains -- \"$at $word\" $__" + name +
                    "_paths\n      set at \"$at $word\"\n    end\n  end\n  test \"$at\" = \"$argv[1]\"\nend\n";
  for (const TreeNode& node : nodes) {
    const std::string line = "complete -c " + name + " -n \"__" + name + "_at " + in_fish(node.path) + "\" ";
    if (const auto children = children_names_of(*node.command); !children.empty()) out += line + "-f\n";
    for (const CLI::App* const child : children_of(*node.command))
      out += line + "-a " + child->get_name() + " -d " + in_fish(child->get_description()) + "\n";
    for (const TreeOption& option : options_of(*node.command)) {
      std::string of = line;
      for (const std::string& one : option.names)
        of += one.starts_with("--") ? "-l " + one.substr(2) + " " : "-s " + one.substr(1) + " ";
      if (!option.names.empty() && !option.value.empty()) of += option.choices.empty() ? "-r " : "-x ";
      if (option.names.empty()) of += "-f ";
      if (!option.choices.empty()) of += "-a " + in_fish(words_of(option.choices)) + " ";
      if (option.names.empty() && option.choices.empty()) continue;
      out += of + "-d " + in_fish(option.description) + "\n";
    }
  }
  return out;
}

}  // namespace

std::string completion_of(const CLI::App& root, std::string_view shell) {
  if (shell == "zsh") return zsh(root);
  return shell == "fish" ? fish(root) : bash(root);
}

}  // namespace certes::command
