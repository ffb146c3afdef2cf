// certes(1), as mdoc(7), from the tree of commands.
#include "certes/cli_tree.hpp"

namespace certes::command {
namespace {

// As text: no backslash is roff's, and no line begins with what would make it a request.
std::string text(std::string_view words) {
  std::string out;
  for (const char c : words) {
    if (out.empty() && (c == '.' || c == '\'')) out += "\\&";
    c == '\\' ? out.append("\\e") : out.append(1, c);
  }
  return out;
}

// As the argument of a macro.
std::string argument(std::string_view words) {
  std::string out = "\"";
  for (const char c : text(words)) c == '"' ? out.append("\"\"") : out.append(1, c);
  return out + "\"";
}

// In lines of at most kWidth bytes, as every line is a text line.
std::string wrapped(std::string_view words) {
  constexpr std::size_t kWidth = 78;
  std::string out, line;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    const std::string_view word = words.substr(at, end - at);
    if (!line.empty() && line.size() + 1 + word.size() > kWidth) {
      out += text(line) + "\n";
      line.clear();
    }
    line.append(line.empty() ? "" : " ").append(word);
    at = end + 1;
  }
  return out + text(line);
}

std::string sentence(std::string_view words) {
  std::string out(words);
  if (out.empty()) return out;
  if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  if (out.back() != '.') out += '.';
  return wrapped(out);
}

void item(std::string& out, const TreeOption& option) {
  out += ".It";
  bool first = true;
  for (const std::string& name : option.names) {
    if (!first) out += " ,";
    first = false;
    out += name.starts_with("--") ? " Fl \\-" + name.substr(2) : " Fl " + name.substr(1);
  }
  std::string value = option.value;
  if (!option.choices.empty()) {
    value.clear();
    for (const std::string& choice : option.choices) value += (value.empty() ? "" : "|") + choice;
  }
  if (!value.empty()) out += " Ar " + argument(value);
  out += "\n";
  if (!option.description.empty()) out += sentence(option.description) + "\n";
}

bool is_help(const TreeOption& option) { return !option.names.empty() && option.names.back().starts_with("--help"); }

void command(std::string& out, const TreeNode& node, std::string_view root) {
  const std::string words = node.path.substr(root.size() + 1);
  out += ".Ss " + argument(words) + "\n" + sentence(node.command->get_description()) + "\n";
  const auto options = options_of(*node.command);
  std::string items;
  for (const TreeOption& option : options)
    if (!is_help(option)) item(items, option);
  if (!items.empty()) out += ".Bl -tag -width Ds\n" + items + ".El\n";
}

}  // namespace

std::string manual_of(const CLI::App& root, std::string_view date) {
  const std::string& name = root.get_name();
  std::string out = ".\\\" Made by: " + name + " manual\n.Dd " + std::string(date) +
                    "\n.Dt CERTES 1\n.Os\n.Sh NAME\n.Nm " + name +
                    "\n.Nd a webhook gateway with priorities, on Kafka or an embedded log\n.Sh SYNOPSIS\n";
  const auto nodes = nodes_of(root);
  for (const TreeNode& node : nodes) {
    if (node.is_group()) continue;
    out += ".Nm\n.Cm " + argument(node.path.substr(name.size() + 1)) + "\n";
    for (const TreeOption& option : options_of(*node.command))
      if (option.names.empty()) out += ".Ar " + argument(option.value) + "\n";
    out += ".Op Ar option ...\n";
  }
  out += ".Sh DESCRIPTION\n" +
         wrapped(
             "Certes takes webhooks over HTTP, answers once they are durable, and delivers each to every API that "
             "subscribed, "
             "the most important first, with retries and back-off for each.") +
         "\n.Nm\n.Cm serve\nis all of it in one process.\n.Pp\nThe commands are:\n";
  for (const TreeNode& node : nodes)
    if (!node.is_group()) command(out, node, name);
  out +=
      ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
      ".It Ev CERTES_URL , Ev CERTES_GATEWAY_URL\nWhere the Master API and the gateway are.\n"
      ".It Ev CERTES_KEY , Ev CERTES_KEY_FILE\nThe API key, or a file that holds it.\n"
      ".It Ev CERTES_TENANT\nWhose resources and events; else the key's tenant.\n"
      ".It Ev CERTES_CA_FILE\nAuthorities for https; else the system's.\n"
      ".It Ev CERTES_SECTION_NAME\nA setting of a role, such as\n.Ev CERTES_DISPATCHER_MEMORY_BYTES .\n.El\n"
      ".Sh EXIT STATUS\n0 where it was done, 1 where it was refused or failed, 2 where the command line\n"
      "is wrong, 3 where nobody answers there or not now, 4 where there is nothing\n"
      "of that name, 5 where the key may not, 6 where it took too long, and 10 where\n"
      ".Cm apply Fl \\-dry-run\nwould change something; the message on standard error says why.\n"
      ".Sh EXAMPLES\nAll in one process, for one's own machine:\n.Pp\n.Dl certes serve \\-\\-dev\n.Pp\nSomebody who "
      "gets every order:\n.Pp\n"
      ".Dl certes endpoints create billing url=https://billing.example.com/hooks\n"
      ".Dl certes subscriptions create billing endpoint=billing pattern=order.#\n.Pp\nAn event:\n.Pp\n"
      ".Dl certes send order.created \"{\\(dqtotal\\(dq:42}\"\n";
  return out;
}

}  // namespace certes::command
