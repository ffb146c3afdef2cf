#pragma once
// IdempotencyIndex: the first answers to requests with an Idempotency-Key
// (draft-ietf-httpapi-idempotency-key-header-07), so that a repeat gets the same again. Bounded by number, memory and
// time, the oldest leave first; what is in flight never does. In memory only: what lasts beyond the process is the
// identity that idempotency_key.hpp derives. Who: ingest, one for all loops of a gateway. Any thread: one mutex, held
// for a look-up, and taken only by requests with a key.

#include <deque>
#include <string>
#include <unordered_map>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/http/server/server.hpp"
#include "common/log/record.hpp"

namespace certes::gateway::ingest {

class IdempotencyIndex {
 public:
  struct Options {
    std::size_t keys = 100'000;  // none: every request is fresh
    std::size_t memory_bytes = 64u << 20;
    Millis window{86'400'000};
  };
  struct Answer {
    int status = 0;
    std::string content_type;
    std::string body;
  };

  // A request that came first: it says how it ended, else its key is free again.
  class Claim {
   public:
    Claim() = default;
    Claim(Claim&& other) noexcept;
    Claim& operator=(Claim&& other) noexcept;
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    ~Claim() { release(); }
    explicit operator bool() const { return index_ != nullptr; }
    // Repeats get this answer, its headers excepted.
    void keep(const http::Response& response, SteadyTime now);
    void release();

   private:
    friend class IdempotencyIndex;
    Claim(IdempotencyIndex& index, log::Identity key) : index_(&index), key_(key) {}
    IdempotencyIndex* index_ = nullptr;
    log::Identity key_;
  };

  enum class State {
    fresh,          // not seen: the claim is the caller's
    in_flight,      // the first has no answer yet
    other_payload,  // the first was of another payload
    answered,       // so it was
  };
  struct Found {
    State state = State::fresh;
    Claim claim;
    Answer answer;
  };

  explicit IdempotencyIndex(Options options) : options_(options) {}
  // `key`: with its scope; `payload`: of the whole request.
  Found begin(log::Identity key, log::Identity payload, SteadyTime now);
  std::size_t size() const;
  std::size_t bytes() const;  // of what was answered

 private:
  struct Hash {
    std::size_t operator()(log::Identity id) const { return static_cast<std::size_t>(id.high ^ id.low); }
  };
  struct Entry {
    log::Identity payload;
    bool in_flight = true;
    Answer answer;
  };
  struct Age {
    log::Identity key;
    SteadyTime at;
    std::size_t bytes;
  };
  void keep(log::Identity key, const http::Response& response, SteadyTime now);
  void release(log::Identity key);
  void expire(SteadyTime now) CERTES_REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  std::unordered_map<log::Identity, Entry, Hash> entries_ CERTES_GUARDED_BY(mutex_);
  std::deque<Age> ages_ CERTES_GUARDED_BY(mutex_);  // of those answered, oldest first
  std::size_t bytes_ CERTES_GUARDED_BY(mutex_) = 0;
};

}  // namespace certes::gateway::ingest
