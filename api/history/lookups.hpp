#pragma once
// Lookups: those that look into history's index, each with a connection of its own, taken for one short look at a time;
// none while the index is made anew. Any thread.

#include <memory>
#include <string>
#include <vector>

#include "api/history/lookup.hpp"
#include "common/base/mutex.hpp"

namespace certes::api::history {

class Lookups {
 public:
  class Lease {
   public:
    Lease(Lookups& all, std::unique_ptr<Lookup> lookup) : all_(&all), lookup_(std::move(lookup)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (lookup_) all_->give_back(std::move(lookup_));
    }
    Lookup* operator->() { return lookup_.get(); }

   private:
    Lookups* all_;
    std::unique_ptr<Lookup> lookup_;
  };

  // Nothing: there is no index to look into now. Throws Failure where the file cannot be opened.
  std::optional<Lease> take();

  // The writer's: none is given from now on; returns when none is out, and all are closed.
  void hold_off();
  void let_in(const std::string& path);

 private:
  void give_back(std::unique_ptr<Lookup> lookup);

  Mutex mutex_;
  Condition changed_;
  std::string path_ CERTES_GUARDED_BY(mutex_);  // empty: held off
  int out_ CERTES_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Lookup>> idle_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::api::history
