#include "gateway/stream/unread.hpp"

#include <algorithm>
#include <utility>

namespace certes::gateway::stream {

// A text and what it costs.
struct Unread::Charged {
  std::string text;
  Charge charge;
};

Unread::Unread(std::size_t most_bytes) : most_(most_bytes) {}

Unread::Charge::Charge(std::shared_ptr<Account> account, std::string_view tenant)
    : account_(std::move(account)), tenant_(tenant) {}

Unread::Charge::Charge(Charge&& other) noexcept
    : account_(std::move(other.account_)),
      tenant_(std::move(other.tenant_)),
      bytes_(std::exchange(other.bytes_, std::size_t{0})) {}

void Unread::Charge::set(std::size_t bytes) {
  if (!account_ || bytes == bytes_) return;
  account_->change(tenant_, bytes_, bytes);
  bytes_ = bytes;
}

// Unsigned numbers wrap: the difference may be below zero.
void Unread::Account::change(const std::string& tenant, std::size_t from, std::size_t to) {
  const Lock lock(mutex);
  total.fetch_add(to - from, std::memory_order_relaxed);
  const auto place = by_tenant.try_emplace(tenant).first;
  place->second += to - from;
  if (place->second == 0) by_tenant.erase(place);
}

Text Unread::share(std::string_view tenant, std::string&& text) {
  auto held = std::make_shared<Charged>(Charged{std::move(text), charge(tenant)});
  held->charge.set(held->text.capacity() + sizeof(Charged));
  const std::string* const shown = &held->text;
  return {std::move(held), shown};
}

std::size_t Unread::held() const { return account_->total.load(std::memory_order_relaxed); }

std::size_t Unread::excess() const {
  const std::size_t now = held();
  return now > most_ ? now - most_ : 0;
}

std::string Unread::gives_way() const {
  const Lock lock(account_->mutex);
  const auto most = std::ranges::max_element(account_->by_tenant, {}, [](const auto& one) { return one.second; });
  return most == account_->by_tenant.end() ? std::string() : most->first;
}

}  // namespace certes::gateway::stream
