// The configuration file: any text is settings within their ranges, or an error; flags and variables of any
// text likewise. The text is also read as declarations are, as plain TOML.

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "common/config/settings.hpp"
#include "common/config/toml.hpp"
#include "tests/fuzz/fuzz.hpp"

using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::config;

namespace {

std::size_t depth(const TomlValue& value) {
  std::size_t deepest = 0;
  for (const TomlValue& item : value.items) deepest = std::max(deepest, depth(item));
  for (const TomlMember& member : value.members) deepest = std::max(deepest, depth(member.value));
  return deepest + 1;
}

void check(const certes::Result<Settings>& settings) {
  if (!settings) return require(!settings.error().message.empty(), "an error has a text");
  require(settings->gateway.max_body_bytes >= 1'024 && settings->gateway.loops >= 1,
          "settings are within their ranges");
}

void as_file(std::string_view text) {
  static const int fd = ::memfd_create("fuzz.toml", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  require(::ftruncate(fd, 0) == 0 && ::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
          "the file is written");
  check(load({path, {}, {}}));
}

// Lines NAME=VALUE, as flags and as variables.
void as_flags(Input input) {
  Sources flags, variables;
  for (int i = 0; i < 8 && !input.empty(); ++i) {
    const std::string_view line = input.line();
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name(line.substr(0, equals)), value(line.substr(equals + 1));
    flags.flags.emplace_back(name, value);
    variables.environment["CERTES_" + name] = value;
  }
  check(load(flags));
  if (!variables.environment.contains("CERTES_ADMIN_KEY_FILE")) check(load(variables));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input(data, size);
  const auto parsed = parse_toml(input.rest(), "fuzz.toml");
  if (parsed) {
    (void)depth(*parsed);
  } else {
    require(parsed.error().message.starts_with("fuzz.toml:"), "an error names the file and the line");
  }
  as_file(input.rest());
  as_flags(input);
  return 0;
}
