#include "common/registry/registry.hpp"

#include <future>

#include "common/registry/follower.hpp"

namespace certes::registry {

class Registry::Impl : public Follower {
  using Follower::Follower;
};

Registry::Registry(log::Log& log, const Clock& clock, RegistryOptions options)
    : impl_(std::make_unique<Impl>(log, clock, options)) {}
Registry::~Registry() = default;

StatePtr Registry::state() const { return impl_->state(); }
std::int64_t Registry::position() const { return impl_->position(); }
bool Registry::caught_up() const { return impl_->caught_up(); }
std::optional<Error> Registry::failure() const { return impl_->failure(); }
void Registry::on_change(std::function<void(StatePtr)> observer) { impl_->on_change(std::move(observer)); }
void Registry::fence(std::function<void(StatePtr)> done) { impl_->fence(std::move(done)); }

void Registry::propose_async(Change change, Millis timeout, std::function<void(Result<Decision>)> done) {
  impl_->propose(std::move(change), timeout, std::move(done));
}

Result<Decision> Registry::propose(const Change& change, Millis timeout) {
  const auto decision = std::make_shared<std::promise<Result<Decision>>>();
  auto decided = decision->get_future();
  impl_->propose(change, timeout, [decision](Result<Decision> result) { decision->set_value(std::move(result)); });
  return decided.get();
}

Result<AuditPage> Registry::audit(const AuditQuery& query) {
  const auto found = std::make_shared<std::promise<Result<AuditPage>>>();
  auto page = found->get_future();
  impl_->audit(query, [found](Result<AuditPage> result) { found->set_value(std::move(result)); });
  return page.get();
}

std::size_t Registry::audit_entries() const { return impl_->audit_entries(); }
std::uint64_t Registry::audit_forgotten() const { return impl_->audit_forgotten(); }

}  // namespace certes::registry
