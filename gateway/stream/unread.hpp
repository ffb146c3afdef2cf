#pragma once
// Unread: the memory that a process holds for what its watchers have not taken yet: each rendered text once, however
// many it is for, and what each watcher's connection and list hold of their own. All share one limit. Where it is met,
// the tenant that holds most gives way (so one that is within its share loses nothing to another's), and of its
// watchers the one that is furthest behind: the tail sees to that. Who: Crowd has one; Tail, Watchers. Any thread.
//
// What was charged may outlive it: texts wait in loops that end later.

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/mutex.hpp"
#include "gateway/stream/outlet.hpp"

namespace certes::gateway::stream {

class Unread {
 private:
  struct Account;

 public:
  explicit Unread(std::size_t most_bytes);

  // A number of bytes that counts for a tenant until it is set anew, or let go. Confined to its owner.
  class Charge {
   public:
    Charge() = default;
    Charge(Charge&& other) noexcept;
    Charge& operator=(Charge&&) = delete;
    ~Charge() { set(0); }
    void set(std::size_t bytes);

   private:
    friend class Unread;
    Charge(std::shared_ptr<Account> account, std::string_view tenant);
    std::shared_ptr<Account> account_;
    std::string tenant_;
    std::size_t bytes_ = 0;
  };
  Charge charge(std::string_view tenant) { return {account_, tenant}; }
  // Counts once, until the last who holds it lets it go.
  Text share(std::string_view tenant, std::string&& text);

  std::size_t held() const;
  std::size_t most() const { return most_; }
  // By how much the limit is exceeded.
  std::size_t excess() const;
  // The tenant that holds most; empty: none holds anything.
  std::string gives_way() const;

 private:
  struct Account {
    void change(const std::string& tenant, std::size_t from, std::size_t to);
    std::atomic<std::size_t> total{0};
    Mutex mutex;
    std::map<std::string, std::size_t, std::less<>> by_tenant CERTES_GUARDED_BY(mutex);
  };
  struct Charged;

  const std::size_t most_;
  const std::shared_ptr<Account> account_ = std::make_shared<Account>();
};

}  // namespace certes::gateway::stream
