#include "common/config/running.hpp"

#include <algorithm>
#include <array>

#include "common/config/table.hpp"

namespace certes::config {
namespace {

constexpr std::array<std::string_view, 5> kChangeable = {"log.level", "gateway.maintenance",
                                                         "gateway.maintenance_retry_after_seconds",
                                                         "gateway.max_waiting", "gateway.shed_after_seconds"};

std::string changeable() {
  std::string all;
  for (const std::string_view name : kChangeable) all.append(all.empty() ? "" : ", ").append(name);
  return all;
}

Result<void> check(const std::string& name, const std::optional<std::string>& value) {
  const Setting* const setting = find_setting(name);
  if (setting == nullptr) {
    const std::vector<std::string> known(kChangeable.begin(), kChangeable.end());
    return fail(Code::invalid, "is no setting." + did_you_mean(name, known), "/" + name);
  }
  if (!may_change(name))
    return fail(Code::invalid, "takes a restart; these may change while a process runs: " + changeable(), "/" + name);
  Settings tried;
  const auto set = value ? set_from_text(*setting, tried, *value) : Result<void>();
  return set ? set : fail(Code::invalid, set.error().message, "/" + name);
}

}  // namespace

bool may_change(std::string_view name) { return std::ranges::find(kChangeable, name) != kChangeable.end(); }

Running::Running(Sources sources, Loaded loaded, std::function<void(Loaded&)> settle,
                 std::function<void(const Settings&)> apply)
    : sources_(std::move(sources)),
      settle_(std::move(settle)),
      apply_(std::move(apply)),
      live_(loaded.settings.gateway),
      read_(std::move(loaded)),
      lines_(std::make_shared<const std::vector<SettingLine>>(describe(read_))) {}

Running::Lines Running::lines() const {
  const Lock lock(mutex_);
  return lines_;
}

// What was read, with what was set above it.
Running::Reloaded Running::take(Loaded read, Overrides overrides) {
  Loaded loaded = read;
  for (const auto& [name, override] : overrides) {
    // Checked when it was set.
    [[maybe_unused]] const auto set = set_from_text(*find_setting(name), loaded.settings, override.value);
    loaded.origins[name] = override.by;
  }
  read_ = std::move(read);
  overrides_ = std::move(overrides);
  Reloaded done;
  auto lines = *lines_;
  const std::vector<SettingLine> now = describe(loaded);
  for (const SettingLine& line : now) {
    const auto known = std::ranges::find(lines, line.name, &SettingLine::name);
    const bool same = known != lines.end() && known->value == line.value;
    if (!may_change(line.name)) {
      if (!same) done.need_restart.push_back(line.name);
      continue;
    }
    if (!same) done.changed.push_back({line.name, known->value, line.value});
    *known = line;
  }
  for (const SettingLine& line : lines)  // what was passed through to Kafka
    if (std::ranges::find(now, line.name, &SettingLine::name) == now.end()) done.need_restart.push_back(line.name);
  lines_ = std::make_shared<const std::vector<SettingLine>>(std::move(lines));
  live_.take(loaded.settings.gateway);
  apply_(loaded.settings);
  return done;
}

Result<Running::Reloaded> Running::reload() {
  auto read = load_with_origins(sources_);
  if (!read) return fail(std::move(read.error()));
  const Lock lock(mutex_);
  settle_(*read);
  return take(std::move(*read), overrides_);
}

Result<std::vector<Running::Change>> Running::change(const std::map<std::string, std::optional<std::string>>& values,
                                                     const std::string& by) {
  const Lock lock(mutex_);
  Overrides overrides = overrides_;
  for (const auto& [name, value] : values) {
    if (auto checked = check(name, value); !checked) return fail(std::move(checked.error()));
    if (value)
      overrides[name] = {*value, by};
    else
      overrides.erase(name);
  }
  return take(read_, std::move(overrides)).changed;
}

}  // namespace certes::config
