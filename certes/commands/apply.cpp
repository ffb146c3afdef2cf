// certes apply: brings the declared resources about, and shows what that changes.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/declarations.hpp"
#include "certes/commands/differences.hpp"
#include "certes/commands/owners.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

struct Step {
  enum class Act : std::uint8_t { create, change, keep, ask };  // ask: only the service can compare secrets
  Declaration declaration;
  Act act = Act::keep;
  std::vector<Difference> differences;
  std::string version;      // that the comparison was made with
  bool new_secret = false;  // with a change: the secret is another one
};

Result<std::vector<std::string>> files_of(const std::string& argument) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (argument == "-" || !fs::is_directory(argument, error)) return std::vector<std::string>{argument};
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(argument, error))
    if (entry.path().extension() == ".toml" || entry.path().extension() == ".json")
      files.push_back(entry.path().string());
  if (error) return fail(Code::invalid, argument + ": " + error.message());
  if (files.empty()) return fail(Code::invalid, argument + ": has no file *.toml or *.json");
  std::sort(files.begin(), files.end());
  return files;
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

// `owner`: of those that name none.
Result<std::vector<Declaration>> read_all(const std::vector<std::string>& arguments, const std::string& owner) {
  std::vector<Declaration> declarations;
  for (const std::string& argument : arguments) {
    const auto files = files_of(argument);
    if (!files) return fail(files.error());
    for (const std::string& file : *files) {
      const auto text = argument_text(file == "-" ? file : "@" + file);
      if (!text) return fail(text.error());
      auto added = add_declarations(*text, file == "-" ? "standard input" : file, environment_variable, declarations);
      if (!added) return fail(added.error());
    }
  }
  if (auto checked = check_together(declarations); !checked) return fail(checked.error());
  for (Declaration& declaration : declarations) {
    Json body = json_or_null<Json>(declaration.body);
    if (body.contains("owner")) continue;
    body["owner"] = owner;
    declaration.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return declarations;
}

std::string path_of(const Declaration& declaration) {
  return "/" + declaration.kind + "/" + client::percent_encode(declaration.id);
}

std::string version_of(const std::string& body) {
  const Json object = json_or_null<Json>(body);
  return object.is_object() && object.contains("version") ? object["version"].dump() : std::string();
}

// Somebody else has declared it.
Result<void> check_owner(const Declaration& declaration, const std::string& shown) {
  const std::string owner = owner_of(shown);
  if (owner.empty() || owner == owner_of(declaration.body)) return {};
  return fail(Code::conflict, place_of(declaration, "/owner") + ": " + declaration.name() +
                                  " was declared by the owner " + owner + " (--owner " + owner +
                                  "); --force takes it over");
}

Result<Step> step_of(client::ApiClient& api, const Declaration& declaration, bool force) {
  Step step{declaration, Step::Act::create, {}, ""};
  const auto shown = api.get(path_of(declaration));
  if (!shown && shown.error().code == Code::not_found) return step;
  if (!shown) return fail(shown.error());
  if (!force)
    if (auto may = check_owner(declaration, *shown); !may) return fail(may.error());
  step.version = version_of(*shown);
  step.differences = differences(declaration.kind, declaration.body, *shown);
  if (!step.differences.empty())
    step.act = Step::Act::change;
  else
    step.act = gives_secret(declaration.body, *shown) ? Step::Act::ask : Step::Act::keep;
  return step;
}

struct Reference {
  const char *field, *kind, *what;
};
constexpr Reference kReferences[] = {{"endpoint", "endpoints", "endpoint"},
                                     {"backoff_policy", "backoff-policies", "back-off policy"},
                                     {"producer_backoff_policy", "backoff-policies", "back-off policy"}};

// What names a resource that is neither declared nor there would fail half-way.
Result<void> check_references(client::ApiClient& api, const std::vector<Declaration>& declarations) {
  std::set<std::string> known;
  for (const Declaration& declaration : declarations) known.insert(declaration.name());
  for (const Declaration& declaration : declarations) {
    const Json body = json_or_null<Json>(declaration.body);
    for (const auto& [field, kind, what] : kReferences) {
      const auto named = body.find(field);
      if (named == body.end() || !named->is_string()) continue;  // the service says what is wrong
      const auto id = named->get<std::string>();
      if (id.empty() || !known.insert(std::string(kind) + "/" + id).second) continue;
      const auto there = api.get("/" + std::string(kind) + "/" + client::percent_encode(id));
      if (!there && there.error().code == Code::not_found)
        return fail(Code::invalid,
                    place_of(declaration, std::string("/") + field) + ": there is no " + what + " " + id);
      if (!there) return fail(there.error());
    }
  }
  return {};
}

Error refused(const Declaration& declaration, Error error) {
  error.message = place_of(declaration, error.pointer) + ": " + declaration.name() + ": " + error.message;
  return error;
}

// The service looks at each before any is put: a file is applied whole or not at all. And it alone compares secrets.
Result<void> check_all(client::ApiClient& api, std::vector<Step>& steps) {
  for (Step& step : steps) {
    if (step.act == Step::Act::keep) continue;
    const auto answer = api.request("PUT", path_of(step.declaration) + "?dry_run=true", step.declaration.body);
    if (!answer) return fail(refused(step.declaration, answer.error()));
    if (step.act != Step::Act::ask) continue;
    if (version_of(answer->body) == step.version) {
      step.act = Step::Act::keep;
    } else {
      step.act = Step::Act::change;
      step.new_secret = true;
    }
  }
  return {};
}

void show(const Step& step, const char* word) {
  print_line(std::string(word) + " " + step.declaration.name());
  for (const Difference& difference : step.differences)
    print_line("  " + difference.field + ": " + difference.from + " → " + difference.to);
  if (step.new_secret) print_line("  secret");
}

const char* planned_word(Step::Act act) {
  if (act == Step::Act::create) return "would create";
  return act == Step::Act::change ? "would change" : "unchanged";
}

int show_plan(const std::vector<Step>& steps, const std::vector<std::string>& pruned) {
  bool differs = !pruned.empty();
  for (const Step& step : steps) {
    show(step, planned_word(step.act));
    differs |= step.act == Step::Act::create || step.act == Step::Act::change;
  }
  for (const std::string& name : pruned) print_line("would delete " + name);
  return differs ? kExitDifferences : kExitOk;
}

// What the service made for a resource that gave none; it is never shown again.
void show_secret(const Step& step, const std::string& body) {
  const Json object = json_or_null<Json>(body);
  if (step.act != Step::Act::create || !object.is_object() ||
      json_or_null<Json>(step.declaration.body).contains("secret"))
    return;
  if (const auto secret = object.find("secret"); secret != object.end() && secret->is_string())
    print_line("  secret: " + secret->get<std::string>() + "  (shown this once)");
}

Result<void> carry_out(client::ApiClient& api, const Step& step) {
  if (step.act == Step::Act::keep) {
    show(step, "unchanged");
    return {};
  }
  const auto answer = api.request("PUT", path_of(step.declaration), step.declaration.body);
  if (!answer) return fail(refused(step.declaration, answer.error()));
  const bool same = step.act == Step::Act::ask && version_of(answer->body) == step.version;
  if (step.act == Step::Act::create)
    show(step, "created");
  else
    show(step, same ? "unchanged" : "changed");
  if (step.act == Step::Act::ask && !same) print_line("  secret");
  show_secret(step, answer->body);
  return {};
}

int carry_out_all(client::ApiClient& api, const std::vector<Step>& steps, const std::vector<std::string>& pruned) {
  std::size_t done = 0;
  const auto ended = [&](const Error& error) {
    const int status = failed(error);
    if (done > 0)
      std::fprintf(stderr, "certes: %zu of %zu resources were applied before; applying again does the rest\n", done,
                   steps.size() + pruned.size());
    return status;
  };
  for (const Step& step : steps) {
    if (const auto carried_out = carry_out(api, step); !carried_out) return ended(carried_out.error());
    ++done;
  }
  for (const std::string& name : pruned) {
    const auto answer = api.request("DELETE", "/" + name);
    if (!answer && answer.error().code != Code::not_found) return ended(Error(answer.error()).prefixed(name + ": "));
    print_line("deleted " + name);
    ++done;
  }
  return kExitOk;
}

}  // namespace

int run_command(const ApplyOptions& options) {
  const auto declarations = read_all(options.files, options.owner);
  if (!declarations) return failed(declarations.error());
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  if (auto checked = check_references(*api, *declarations); !checked) return failed(checked.error());
  std::vector<Step> steps;
  for (const Declaration& declaration : *declarations) {
    auto step = step_of(*api, declaration, options.force);
    if (!step) return failed(step.error());
    steps.push_back(std::move(*step));
  }
  std::vector<std::string> pruned;
  if (options.prune) {
    auto found = declared_before(*api, options.owner, *declarations);
    if (!found) return failed(found.error());
    pruned = std::move(*found);
  }
  const auto writes =
      std::count_if(steps.begin(), steps.end(), [](const Step& step) { return step.act != Step::Act::keep; });
  if (options.dry_run || writes > 1 || !pruned.empty())
    if (auto checked = check_all(*api, steps); !checked) return failed(checked.error());
  return options.dry_run ? show_plan(steps, pruned) : carry_out_all(*api, steps, pruned);
}

}  // namespace certes::command
