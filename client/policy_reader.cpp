#include "client/policy_reader.hpp"

#include "client/api_client.hpp"
#include "client/policy_table.hpp"
#include "common/json/json.hpp"

namespace certes::client {
namespace {

Result<void> read_kind(ApiClient& api, const std::string& kind, PolicyTable& table) {
  const auto body = api.list("/" + kind);
  if (!body) return fail(body.error());
  for (const auto& item : json_or_null<nlohmann::json>(*body)) {
    const auto id = item.find("id");
    if (id == item.end() || !id->is_string()) continue;
    if (auto added = table.add(kind, id->get<std::string>(), item.dump()); !added) return added;
  }
  return {};
}

}  // namespace

Result<Policies> read_policies(const PolicyReaderOptions& options) {
  ApiClient api(options.url, options.key);
  PolicyTable table;
  for (const char* kind : {"backoff-policies", "sources", "event-types"}) {
    auto read = read_kind(api, kind, table);
    if (!read && read.error().code != Code::not_found) return fail(std::move(read.error()));
  }
  const bool from_local = options.global_is_local && !table.named.contains(options.global);
  return table.applied_to(options.local, from_local ? "" : options.global);
}

PolicyReader::PolicyReader(PolicyReaderOptions options, std::function<void(Policies)> found,
                           std::function<void(const Error&)> trouble)
    : options_(std::move(options)), found_(std::move(found)), trouble_(std::move(trouble)) {
  thread_ = std::thread([this] { run(); });
}

PolicyReader::~PolicyReader() {
  {
    const Lock lock(mutex_);
    ending_ = true;
    woken_.notify_one();
  }
  thread_.join();
}

void PolicyReader::run() {
  std::string told;
  for (;;) {
    auto policies = read_policies(options_);
    if (policies) {
      told.clear();
      found_(std::move(*policies));
    } else if (policies.error().message != told) {
      told = policies.error().message;
      if (trouble_) trouble_(policies.error());
    }
    Lock lock(mutex_);
    if (woken_.wait_for(lock, options_.every, [this]() CERTES_REQUIRES(mutex_) { return ending_; })) return;
  }
}

}  // namespace certes::client
