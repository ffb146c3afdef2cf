#pragma once
// Workers: which of an endpoint's URLs gets the next request, and at which of its addresses: of those that have room
// the one with the fewest in flight, and of several such one after the other. A name with several addresses is as many
// workers, which have its URL's limit together; what they are its requests bring back. Who answers there is judged for
// itself: each has a breaker, by the endpoint's settings, and a pace, as one that hangs says nothing of how much the
// others take. So the endpoint may have in flight what its workers may have together, and nothing is to be sent to it
// once the breakers of all are open. An endpoint with one URL and one address has one worker. Who: Endpoints, one for
// each. Pure: the time is passed in. Confined to one thread. Each step costs as much as there are workers (of 100 URLs
// at most, with 16 addresses).

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dispatcher/endpoint/health.hpp"
#include "dispatcher/endpoint/worker.hpp"

namespace certes::dispatcher {

class Workers {
 public:
  using Ids = std::vector<std::uint32_t>;  // of workers
  Workers() = default;
  ~Workers();
  Workers(Workers&&) = delete;
  Workers& operator=(Workers&&) = delete;

  // These from now on, at least one; nothing is known of them, but what is out to those that were there, and the
  // addresses of their names. `first_in_flight`: as Pace's.
  void begin_anew(std::span<const std::string> urls, const std::optional<registry::BreakerSettings>& breaker,
                  int first_in_flight);
  // The name of that worker's URL has these addresses. False: as was known. Of one that it has no more nothing is heard
  // from then on; of one that it had, all that is known stays.
  bool learn(const Worker& worker, const http::ResolutionPtr& resolution);
  void set_most(int each) { most_ = each; }  // requests at once to each URL; before the first is chosen
  void set_timeout(Micros timeout) { timeout_ = timeout; }
  int most() const { return most_; }
  std::size_t size() const { return workers_.size(); }
  std::size_t urls() const { return urls_; }

  // Some work, as far as is known: there is one that gets more than a probe.
  bool closed() const;
  // How many of several get a probe, and nothing else.
  int tripped() const;
  // Nothing is to be sent to any before that; nothing: something may be.
  std::optional<SteadyTime> open_until() const;
  // When the next of those to which nothing is sent gets its probe, where there are some; and that it may, then.
  std::optional<SteadyTime> next_wake() const;
  void wake(SteadyTime now);

  // Requests in flight to all of them together, at the moment: a slot above what is in flight means that one has room.
  int allowed() const;
  bool has_room() const;
  // Whether there is one that something may be sent to, with room or without, and was not tried.
  bool any_but(const Ids& tried) const;
  // The next request's. None: no other has room. Where nothing was tried there is always one.
  Seat choose(const Ids& tried, SteadyTime now);
  // A request has ended that took so long. Of one that the endpoint has no more it says nothing.
  void answered(const Seat& seat, Health health, SteadyTime now, Micros took = Micros{0});

  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& worker : workers_) visit(std::as_const(*worker));
  }

 private:
  using Owned = std::unique_ptr<Worker>;

  void add(std::vector<Owned>& before, const std::string& url, std::size_t place, const std::string& address);
  void replace(std::size_t place, const std::string& url, const std::vector<std::string>& addresses,
               const http::ResolutionPtr& learnt);
  void name_all();
  std::vector<int> out_by_url() const;
  Worker* next(const Ids& tried, bool crowded) const;

  std::optional<registry::BreakerSettings> breaker_;
  int first_in_flight_ = 0;
  std::vector<Owned> workers_;  // in the order of the URLs
  std::size_t urls_ = 0;
  int most_ = 1;
  Micros timeout_{0};
  std::size_t turn_ = 0;  // whose it is, of those with equally few in flight
  std::uint32_t last_id_ = 0;
};

}  // namespace certes::dispatcher
