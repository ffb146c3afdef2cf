#include "api/jobs/payloads.hpp"

#include <algorithm>
#include <tuple>

namespace certes::api::jobs {
namespace {

constexpr Millis kReadLimit{5'000};
constexpr Millis kPollAgain{50};
constexpr std::size_t kPolled = 1'024;

auto order_of(const history::Place& place) { return std::tuple(place.partition, place.offset); }

}  // namespace

// What a run has left out, as a bound was reached, is asked for again; so an answer that is only partly there is none.
Result<std::vector<log::RecordPtr>> Payloads::read(log::Topic topic, std::span<const history::Place> places) {
  std::vector<Wanted> wanted;
  for (const history::Place& place : places) wanted.push_back({place, wanted.size()});
  std::ranges::sort(wanted, {}, [](const Wanted& one) { return order_of(one.place); });
  std::vector<log::RecordPtr> records(places.size());
  if (!picker_) picker_ = log_.picker([signal = signal_] { signal->wake(); });
  for (auto first = wanted.begin(); first != wanted.end();) {
    const auto behind = std::find_if(first, wanted.end(),
                                     [&](const Wanted& one) { return one.place.partition != first->place.partition; });
    if (auto asked = ask(topic, {first, behind}); !asked) return fail(std::move(asked.error()));
    first = behind;
  }
  auto came = await(wanted, records);
  if (came) return records;
  picker_.reset();  // with what was asked for
  out_ = 0;
  return fail(std::move(came.error()));
}

Result<void> Payloads::ask(log::Topic topic, std::span<const Wanted> of_partition) {
  log::PickRun run;
  run.id = ++runs_;
  run.topic = topic;
  run.partition = of_partition.front().place.partition;
  for (const Wanted& one : of_partition)
    if (run.wanted.empty() || run.wanted.back().start != one.place.offset)
      run.wanted.push_back({one.place.offset, one.place.offset + 1});
  run.max_time = Millis{0};
  auto asked = picker_->ask(std::move(run));
  out_ += asked ? 1 : 0;
  return asked;
}

Result<void> Payloads::await(std::span<const Wanted> wanted, std::vector<log::RecordPtr>& records) {
  const auto deadline = std::chrono::steady_clock::now() + kReadLimit;
  std::vector<log::Picked> picked;
  while (out_ > 0) {
    picked.clear();
    if (picker_->poll(kPolled, picked) == 0) {
      if (std::chrono::steady_clock::now() > deadline)
        return fail(Code::timeout, "the log did not give what stands there in time");
      signal_->wait(kPollAgain);
      continue;
    }
    for (log::Picked& one : picked) {
      if (one.fate == log::PickFate::again)
        return fail(Code::unavailable, one.error ? one.error->message : "the log has not given all of it");
      if (one.fate == log::PickFate::done) --out_;
      if (one.fate != log::PickFate::record) continue;
      const std::tuple place(one.partition, one.offset);
      const auto order = [](const Wanted& each) { return order_of(each.place); };
      for (auto at = std::ranges::lower_bound(wanted, place, {}, order); at != wanted.end() && order(*at) == place;
           ++at)
        records[at->index] = one.record;
    }
  }
  return {};
}

}  // namespace certes::api::jobs
