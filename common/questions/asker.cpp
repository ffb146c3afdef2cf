#include "common/questions/asker.hpp"

#include <algorithm>
#include <cstdint>

namespace certes::questions {
namespace {

constexpr std::size_t kNeverEnough = SIZE_MAX;

}  // namespace

Asker::Asker(const Clock& clock, std::string from, std::function<std::int32_t()> partitions, Ways ways)
    : clock_(clock), from_(std::move(from)), partitions_(std::move(partitions)), ways_(std::move(ways)), ids_(clock) {}

Asker::Open::Open(Asker& asker, const Question& question, SteadyTime deadline, Gathering gathering, std::size_t enough)
    : asker_(asker),
      id_(question.id),
      tenant_(question.tenant),
      deadline_(deadline),
      enough_(enough),
      gathering_(std::move(gathering)) {}

Asker::Open::~Open() { asker_.end(*this); }

bool Asker::Open::settled() const {
  return gathering_.answers().size() >= enough_ || gathering_.complete() || asker_.clock_.now() >= deadline_;
}

bool Asker::Open::wait(SteadyTime until) {
  Lock lock(mutex_);
  const auto left = std::min(until, deadline_) - asker_.clock_.now();
  return answered_.wait_for(lock, std::chrono::ceil<Millis>(left), [&]() CERTES_REQUIRES(mutex_) { return settled(); });
}

Gathering Asker::Open::gathered() const {
  const Lock lock(mutex_);
  return gathering_;
}

Result<std::unique_ptr<Asker::Open>> Asker::ask(std::string_view kind, std::string_view tenant,
                                                std::string_view subject, const std::vector<std::int32_t>& about) {
  return ask({{}, std::string(kind), std::string(tenant), std::string(subject), clock_.unix_millis(), from_},
             Gathering(partitions_(), about), kNeverEnough);
}

// Nobody speaks for the partition behind the last: what is asked of everybody is never complete.
Result<std::unique_ptr<Asker::Open>> Asker::ask_everybody(std::string_view kind, std::string_view tenant,
                                                          std::string_view subject) {
  const std::int32_t partitions = partitions_();
  return ask({{}, std::string(kind), std::string(tenant), std::string(subject), clock_.unix_millis(), from_},
             Gathering(partitions, {partitions}), ways_.elsewhere ? kNeverEnough : 1);
}

Result<std::unique_ptr<Asker::Open>> Asker::ask(Question question, Gathering gathering, std::size_t enough) {
  std::unique_ptr<Open> asked;
  {
    const Lock lock(mutex_);
    if (auto room = make_room(question.tenant); !room) return fail(std::move(room.error()));
    question.id = ids_.next("qst_");
    const Millis within = ways_.here || ways_.elsewhere ? kAnsweredWithin : Millis{0};
    asked.reset(new Open(*this, question, clock_.now() + within, std::move(gathering), enough));
    open_.emplace(question.id, asked.get());
  }
  if (ways_.here) ways_.here(question);
  if (ways_.elsewhere) ways_.elsewhere(question);
  return asked;
}

Result<void> Asker::make_room(std::string_view tenant) const {
  if (open_.size() >= kMostOpen)
    return fail(Code::busy, "as many questions to dispatchers are open as may be, " + std::to_string(kMostOpen));
  const auto of_tenant = std::ranges::count_if(open_, [&](const auto& one) { return one.second->tenant_ == tenant; });
  if (static_cast<std::size_t>(of_tenant) < kMostOpenOfTenant) return {};
  return fail(Code::busy, "as many questions to dispatchers are open for this tenant as may be, " +
                              std::to_string(kMostOpenOfTenant));
}

bool Asker::take(Answer answer) {
  const Lock lock(mutex_);
  const auto found = open_.find(answer.question);
  if (found == open_.end()) return false;
  Open& open = *found->second;
  const Lock of_question(open.mutex_);
  if (!open.gathering_.take(std::move(answer))) return false;
  open.answered_.notify_all();
  return true;
}

std::size_t Asker::open() const {
  const Lock lock(mutex_);
  return open_.size();
}

void Asker::end(const Open& question) {
  const Lock lock(mutex_);
  open_.erase(question.id_);
}

}  // namespace certes::questions
