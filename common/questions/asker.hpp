#pragma once
// Asker: asks the processes of an installation, and gathers what they answer until the partitions that matter, all or
// some, are spoken for, or a second has passed: whoever has not answered by then is missing from what is covered, and
// that is no error. Who: the Master API asks; whoever carries answers gives them to take(). Any thread. What it asks by
// outlives it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/hash.hpp"
#include "common/base/ids.hpp"
#include "common/base/mutex.hpp"
#include "common/base/result.hpp"
#include "common/questions/gathering.hpp"

namespace certes::questions {

class Asker {
 public:
  static constexpr std::size_t kMostOpen = 64, kMostOpenOfTenant = 8;

  // How a question gets to those who answer. Both may be empty: then there is nobody, and nothing is waited for. Any
  // thread; they do not block.
  struct Ways {
    std::function<void(const Question&)> here;       // who is in this process
    std::function<void(const Question&)> elsewhere;  // all others
  };
  // `from`: what this process is called. `partitions`: how many there are, as often as that is asked.
  Asker(const Clock& clock, std::string from, std::function<std::int32_t()> partitions, Ways ways);
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // A question that was asked. It is open until it is destroyed, and the asker outlives it. One thread at a time.
  class Open {
   public:
    ~Open();
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
    // Whether all is answered that will be; waits for it, until then at the latest.
    bool wait(SteadyTime until);
    // What was answered so far; the question may end before.
    Gathering gathered() const;

   private:
    friend class Asker;
    Open(Asker& asker, const Question& question, SteadyTime deadline, Gathering gathering, std::size_t enough);
    bool settled() const CERTES_REQUIRES(mutex_);

    Asker& asker_;
    const std::string id_, tenant_;
    const SteadyTime deadline_;
    const std::size_t enough_;  // answers, whatever they cover
    mutable Mutex mutex_;
    Condition answered_;
    Gathering gathering_ CERTES_GUARDED_BY(mutex_);
  };

  // `about`: the partitions that matter; empty: all. Error: busy, as many are open, of all or of the tenant, as may be.
  Result<std::unique_ptr<Open>> ask(std::string_view kind, std::string_view tenant, std::string_view subject,
                                    const std::vector<std::int32_t>& about = {});
  // One that is about no partition, or not about partitions alone: to be answered by whoever knows something, and
  // nobody knows how many these are. So the second passes, unless there is this process alone. Error: as ask().
  Result<std::unique_ptr<Open>> ask_everybody(std::string_view kind, std::string_view tenant, std::string_view subject);
  // An answer has come, by whatever way. False: it is to none that is open, or was left out.
  bool take(Answer answer);
  std::size_t open() const;

  const std::string& from() const { return from_; }

 private:
  Result<std::unique_ptr<Open>> ask(Question question, Gathering gathering, std::size_t enough);
  Result<void> make_room(std::string_view tenant) const CERTES_REQUIRES(mutex_);
  void end(const Open& question);

  const Clock& clock_;
  const std::string from_;
  const std::function<std::int32_t()> partitions_;
  const Ways ways_;
  mutable Mutex mutex_;
  IdGenerator ids_ CERTES_GUARDED_BY(mutex_);
  std::unordered_map<std::string, Open*, StringHash, std::equal_to<>> open_ CERTES_GUARDED_BY(mutex_);  // by id
};

}  // namespace certes::questions
