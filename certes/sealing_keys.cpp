#include "certes/sealing_keys.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "certes/private_file.hpp"
#include "common/config/toml.hpp"
#include "common/log/sqlite/sqlite_log.hpp"

namespace certes {
namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

Result<SealingKeys> from_file(const std::string& path) {
  const auto text = config::read_file(path, 16'384);
  if (!text) return fail(text.error());
  auto sealer = crypto::Sealer::make(words_of(*text));
  if (!sealer) return fail(std::move(sealer.error()).prefixed(path + ": "));
  return SealingKeys{std::move(*sealer), {}};
}

Error lost(const std::string& path, const std::string& where) {
  return {Code::invalid, path + " is missing, and " + where +
                             " whose secrets another key would not open: restore the file from your backup, or give "
                             "the key in CERTES_SECRETS_KEY or secrets.key_file; none is made"};
}

Result<void> make_key(const config::Settings& settings, const std::string& path) {
  if (auto made = make_directory(settings.data); !made) return made;
  auto made = make_private_file(path, crypto::Sealer::new_key() + "\n");
  if (!made && made.error().code == Code::conflict) return {};  // another process was first: its key counts
  return made;
}

// An embedded log of an earlier start: its key was there before it.
bool has_log(const config::Settings& settings) {
  const std::string path = settings.data + "/" + std::string(log::sqlite::kFile);
  struct stat status {};
  return settings.store.engine == "sqlite" && ::stat(path.c_str(), &status) == 0;
}

}  // namespace

Result<SealingKeys> open_sealer(const config::Settings& settings, bool may_make) {
  if (!settings.secrets_keys.empty()) {
    auto sealer = crypto::Sealer::make(settings.secrets_keys);
    if (!sealer) return fail(std::move(sealer.error()).prefixed("CERTES_SECRETS_KEY: "));
    return SealingKeys{std::move(*sealer), {}};
  }
  if (!settings.secrets_key_file.empty()) return from_file(settings.secrets_key_file);
  const std::string path = settings.data + "/secrets.key";
  struct stat status {};
  const bool there = ::stat(path.c_str(), &status) == 0;
  if (!there && !may_make)
    return fail(Code::invalid,
                "no sealing key: every role needs the same one in CERTES_SECRETS_KEY or in the file that "
                "secrets.key_file names; make one with: openssl rand -base64 32");
  if (!there && has_log(settings)) return fail(lost(path, "there is a log in " + settings.data));
  if (!there)
    if (auto made = make_key(settings, path); !made) return fail(made.error());
  if (there && (status.st_mode & 0077) != 0) ::chmod(path.c_str(), status.st_mode & 0700);
  auto keys = from_file(path);
  if (keys && !there) keys->made = path;
  return keys;
}

Error lost_key(const SealingKeys& keys, const std::string& where) {
  ::unlink(keys.made.c_str());
  return lost(keys.made, where);
}

}  // namespace certes
