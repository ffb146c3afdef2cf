#include "gateway/ingest/refused_requests.hpp"

#include <algorithm>

namespace certes::gateway::ingest {

using questions::RefusedRequest;

namespace {

constexpr std::size_t kMostWord = 64;
constexpr std::size_t kEntryBytes = 256;  // beside its texts: itself, and its places in lists and maps

void cut(RefusedRequest& request) {
  const auto cut_to = [](std::string& text, std::size_t most) {
    if (text.size() > most) text.resize(most);
    text.shrink_to_fit();
  };
  cut_to(request.error, RefusedRequests::kMostText);
  for (std::string* const text : {&request.reason, &request.place, &request.client, &request.content_type})
    cut_to(*text, kMostWord);
  request.payload_cut = request.payload_cut || request.payload.size() > RefusedRequests::kMostPayload;
  cut_to(request.payload, RefusedRequests::kMostPayload);
}

bool same_cause(const RefusedRequest& a, const RefusedRequest& b) {
  return a.reason == b.reason && a.error == b.error && a.place == b.place && a.client == b.client;
}

}  // namespace

void RefusedRequests::add(std::string_view tenant_id, std::string_view source, RefusedRequest&& request) {
  if (most_bytes_ == 0) return;
  cut(request);
  request.first_at = request.at;
  const Lock lock(mutex_);
  auto found = tenants_.find(tenant_id);
  if (found == tenants_.end()) found = tenants_.emplace(std::string(tenant_id), Tenant()).first;
  Tenant& tenant = found->second;
  if (!repeats(tenant, source, request)) {
    auto of_source = tenant.by_source.find(source);
    if (of_source == tenant.by_source.end()) of_source = tenant.by_source.try_emplace(std::string(source)).first;
    tenant.entries.push_back({std::move(request), std::string(source), 0});
    of_source->second.push_back(std::prev(tenant.entries.end()));
    weigh(tenant, tenant.entries.back());
    if (of_source->second.size() > kMostOfSource) drop(tenant, of_source->second.front());
  }
  make_room(tenant);
}

// The last of its source is refused for the same: it is that one, again.
bool RefusedRequests::repeats(Tenant& tenant, std::string_view source, RefusedRequest& request) {
  const auto of_source = tenant.by_source.find(source);
  if (of_source == tenant.by_source.end()) return false;
  const Entries::iterator last = of_source->second.back();
  if (!same_cause(last->request, request)) return false;
  request.first_at = last->request.first_at;
  request.times = last->request.times + 1;
  last->request = std::move(request);
  tenant.entries.splice(tenant.entries.end(), tenant.entries, last);
  weigh(tenant, *last);
  return true;
}

void RefusedRequests::weigh(Tenant& tenant, Entry& entry) {
  const RefusedRequest& request = entry.request;
  const std::size_t bytes = kEntryBytes + entry.source.size() + request.reason.size() + request.error.size() +
                            request.place.size() + request.client.size() + request.content_type.size() +
                            request.payload.size();
  tenant.bytes += bytes - entry.bytes;
  bytes_ += bytes - entry.bytes;
  entry.bytes = bytes;
}

void RefusedRequests::drop(Tenant& tenant, Entries::iterator entry) {
  const auto of_source = tenant.by_source.find(entry->source);
  std::erase(of_source->second, entry);
  if (of_source->second.empty()) tenant.by_source.erase(of_source);
  tenant.bytes -= entry->bytes;
  bytes_ -= entry->bytes;
  tenant.entries.erase(entry);
}

// Of the tenant that has more than its quarter; of all the one that has the most.
void RefusedRequests::make_room(Tenant& tenant) {
  if (tenant.bytes <= most_bytes_ / 4 && bytes_ <= most_bytes_) return;
  while (tenant.bytes > most_bytes_ / 4) drop_oldest(tenant);
  while (bytes_ > most_bytes_)
    drop_oldest(std::ranges::max_element(tenants_, {}, [](const auto& one) { return one.second.bytes; })->second);
  std::erase_if(tenants_, [](const auto& one) { return one.second.entries.empty(); });
}

void RefusedRequests::drop_oldest(Tenant& tenant) {
  drop(tenant, tenant.entries.begin());
  dropped_.add();
}

questions::RefusedRequests RefusedRequests::of(std::string_view tenant,
                                               const questions::RefusedSubject& subject) const {
  questions::RefusedRequests all;
  const Lock lock(mutex_);
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return all;
  const auto of_source = found->second.by_source.find(subject.source);
  if (of_source == found->second.by_source.end()) return all;
  for (const Entries::iterator entry : of_source->second) {
    all.requests.push_back(entry->request);
    if (subject.with_payload) continue;
    all.requests.back().payload.clear();
    all.requests.back().payload_cut = false;
  }
  std::ranges::reverse(all.requests);
  return all;
}

std::size_t RefusedRequests::bytes() const {
  const Lock lock(mutex_);
  return bytes_;
}

}  // namespace certes::gateway::ingest
