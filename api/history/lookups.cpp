#include "api/history/lookups.hpp"

namespace certes::api::history {

std::optional<Lookups::Lease> Lookups::take() {
  std::string path;
  {
    const Lock lock(mutex_);
    if (path_.empty()) return std::nullopt;
    ++out_;
    if (!idle_.empty()) {
      auto lookup = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(lookup));
    }
    path = path_;
  }
  try {
    return Lease(*this, std::make_unique<Lookup>(path));
  } catch (...) {
    give_back(nullptr);
    throw;
  }
}

void Lookups::give_back(std::unique_ptr<Lookup> lookup) {
  const Lock lock(mutex_);
  --out_;
  if (lookup && !path_.empty()) idle_.push_back(std::move(lookup));
  lookup.reset();
  changed_.notify_all();
}

void Lookups::hold_off() {
  Lock lock(mutex_);
  path_.clear();
  idle_.clear();
  changed_.wait(lock, [this]() CERTES_REQUIRES(mutex_) { return out_ == 0; });
}

void Lookups::let_in(const std::string& path) {
  const Lock lock(mutex_);
  path_ = path;
}

}  // namespace certes::api::history
