// What the roles need at start: private files and sealing keys.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "certes/private_file.hpp"
#include "certes/sealing_keys.hpp"
#include "common/config/toml.hpp"
#include "tests/common/config/files.hpp"

using namespace certes;

namespace {

int mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return static_cast<int>(status.st_mode & 0777);
}

}  // namespace

TEST_CASE("Private files: are made whole, for their owner alone, and never replaced") {
  const testing::Directory directory;
  const std::string path = directory.path("key");
  REQUIRE(make_private_file(path, "one").has_value());
  CHECK(mode_of(path) == 0600);
  CHECK(make_private_file(path, "two").error().code == Code::conflict);
  CHECK(*config::read_file(path) == "one");
  REQUIRE(replace_file(path, "three").has_value());
  CHECK(*config::read_file(path) == "three");
}

TEST_CASE("Private files: directories are made with those above, and a missing one is named") {
  const testing::Directory directory;
  REQUIRE(make_directory(directory.path("a/b/c")).has_value());
  REQUIRE(make_directory(directory.path("a/b/c")).has_value());
  CHECK(mode_of(directory.path("a/b/c")) == 0700);
  CHECK(make_directory("/proc/no/such").error().message ==
        "cannot make the directory /proc/no: No such file or directory");
  CHECK(make_private_file(directory.path("no/key"), "x").error().message.find("no/key") != std::string::npos);
}

TEST_CASE("Sealing keys: one is made where that is allowed, and found again") {
  const testing::Directory directory;
  config::Settings settings;
  settings.data = directory.path("data");
  const auto made = open_sealer(settings, true);
  REQUIRE(made.has_value());
  CHECK(mode_of(settings.data + "/secrets.key") == 0600);
  const auto found = open_sealer(settings, false);
  REQUIRE(found.has_value());
  CHECK(found->sealer.key_id() == made->sealer.key_id());
  CHECK(made->made == settings.data + "/secrets.key");
  CHECK(found->made.empty());
}

TEST_CASE("Sealing keys: without one, and none allowed to be made, it is said how") {
  const testing::Directory directory;
  config::Settings settings;
  settings.data = directory.path();
  const auto none = open_sealer(settings, false);
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().message.find("CERTES_SECRETS_KEY") != std::string::npos);
  CHECK(none.error().message.find("openssl rand -base64 32") != std::string::npos);
}

TEST_CASE("Sealing keys: one that is lost is not made anew beside the log that it sealed") {
  const testing::Directory directory;
  config::Settings settings;
  settings.data = directory.path();
  directory.write("certes.db", "");
  const auto lost = open_sealer(settings, true);
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().message.find("secrets.key is missing") != std::string::npos);
  CHECK(lost.error().message.find("restore") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(settings.data + "/secrets.key"));
  settings.secrets_keys = {crypto::Sealer::new_key()};
  CHECK(open_sealer(settings, true).has_value());
}

TEST_CASE("Sealing keys: one that was made for what another sealed is taken away again") {
  const testing::Directory directory;
  config::Settings settings;
  settings.data = directory.path();
  settings.store.engine = "kafka";
  const auto made = open_sealer(settings, true);
  REQUIRE(made.has_value());
  const Error lost = lost_key(*made, "there is an installation at k1:9092");
  CHECK(lost.message.starts_with(made->made + " is missing, and there is an installation at k1:9092 whose secrets"));
  CHECK_FALSE(std::filesystem::exists(made->made));
}

TEST_CASE("Sealing keys: a given one counts, and a wrong one is named by its place") {
  const testing::Directory directory;
  config::Settings settings;
  settings.data = directory.path();
  settings.secrets_keys = {"c2hvcnQ="};
  CHECK(open_sealer(settings, true).error().message.starts_with("CERTES_SECRETS_KEY: "));
  settings.secrets_keys = {};
  settings.secrets_key_file = directory.write("keys", crypto::Sealer::new_key() + "\n" + crypto::Sealer::new_key());
  CHECK(open_sealer(settings, false).has_value());
  settings.secrets_key_file = directory.write("bad", "nothing");
  CHECK(open_sealer(settings, false).error().message.starts_with(settings.secrets_key_file));
}
