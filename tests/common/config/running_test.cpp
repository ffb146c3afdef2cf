#include "common/config/running.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::config;

namespace {

struct Process {
  explicit Process(const std::string& text, std::map<std::string, std::string> environment = {}) {
    write(text);
    const Sources sources{path, std::move(environment), {}};
    auto loaded = load_with_origins(sources);
    REQUIRE(loaded);
    running = std::make_unique<Running>(
        sources, *loaded, [this](Loaded&) { ++settled; },
        [this](const Settings& settings) { level = settings.log_level; });
  }
  void write(const std::string& text) const { std::ofstream(path, std::ios::trunc) << text; }
  SettingLine line(const std::string& name) const {
    const auto lines = running->lines();
    const auto found = std::ranges::find(*lines, name, &SettingLine::name);
    REQUIRE(found != lines->end());
    return *found;
  }

  test::TemporaryDirectory directory;
  const std::string path = directory.file("certes.toml");
  std::unique_ptr<Running> running;
  int settled = 0;
  std::string level;
};

constexpr const char* kFile = "[gateway]\nmax_waiting = 10\nmax_batch_events = 5\n";

}  // namespace

TEST_CASE("Running: what may change does when the file is read again; what may not is named") {
  Process process(kFile);
  process.write(
      "[gateway]\nmax_waiting = 20\nmax_batch_events = 6\n[log]\nlevel = \"debug\"\n[kafka.properties]\nx = \"1\"\n");
  const auto reloaded = process.running->reload();
  REQUIRE(reloaded);
  REQUIRE(reloaded->changed.size() == 2);
  CHECK(reloaded->changed[0].name == "log.level");
  CHECK(reloaded->changed[1].name == "gateway.max_waiting");
  CHECK(reloaded->changed[1].from == "10");
  CHECK(reloaded->changed[1].to == "20");
  CHECK(reloaded->need_restart == std::vector<std::string>{"gateway.max_batch_events", "kafka.properties.x"});
  CHECK(process.running->live().max_waiting == 20);
  CHECK(process.level == "debug");
  CHECK(process.settled == 1);
  CHECK(process.line("gateway.max_waiting").value == "20");
  CHECK(process.line("gateway.max_batch_events").value == "5");
  CHECK(process.line("log.level").origin.find("certes.toml:5") != std::string::npos);
  CHECK(process.running->reload()->changed.empty());
}

TEST_CASE("Running: a file that is none changes nothing") {
  Process process(kFile);
  process.write("[gateway]\nmax_waiting = 20\nmax_wating = 1\n");
  const auto reloaded = process.running->reload();
  REQUIRE_FALSE(reloaded);
  CHECK(reloaded.error().message.find("certes.toml:3") != std::string::npos);
  CHECK(process.running->live().max_waiting == 10);
  CHECK(process.line("gateway.max_waiting").value == "10");
}

TEST_CASE("Running: what was set stands above the others until it is taken back") {
  Process process(kFile, {{"CERTES_GATEWAY_MAINTENANCE", "false"}});
  const auto set = process.running->change({{"gateway.maintenance", "true"}, {"gateway.max_waiting", "7"}}, "by ops");
  REQUIRE(set);
  CHECK(set->size() == 2);
  CHECK(process.running->live().maintenance);
  CHECK(process.line("gateway.maintenance").origin == "by ops");
  process.write("[gateway]\nmax_waiting = 30\nmax_batch_events = 5\n[log]\nlevel = \"warn\"\n");
  CHECK(process.running->reload()->changed.size() == 1);
  CHECK(process.running->live().max_waiting == 7);
  const auto taken = process.running->change({{"gateway.max_waiting", std::nullopt}}, "by ops");
  REQUIRE(taken);
  REQUIRE(taken->size() == 1);
  CHECK((*taken)[0].to == "30");
  CHECK(process.running->live().maintenance);
  process.write("[gateway]\nmax_waiting = 40\n");  // nobody has asked for that yet
  CHECK(process.running->change({{"log.level", "info"}}, "by ops")->size() == 1);
  CHECK(process.running->live().max_waiting == 30);
}

TEST_CASE("Running: what cannot be set is refused whole, with its place") {
  Process process(kFile);
  const auto refused = [&](const std::string& name, const std::string& value, const std::string& says) {
    const auto changed = process.running->change({{"gateway.maintenance", "true"}, {name, value}}, "by ops");
    REQUIRE_FALSE(changed);
    CHECK(changed.error().code == Code::invalid);
    CHECK(changed.error().pointer == "/" + name);
    CHECK(changed.error().message.find(says) != std::string::npos);
    CHECK_FALSE(process.running->live().maintenance);
  };
  refused("gateway.max_waiting", "many", "");
  refused("gateway.max_waiting", "0", "");
  refused("log.level", "loud", "");
  refused("gateway.listen", "127.0.0.1:1", "restart");
  refused("gateway.max_wating", "1", "gateway.max_waiting");
}
