// The spool that lasts as long as its process.
#include <map>

#include "client/spool/spool.hpp"

namespace certes::client {
namespace {

constexpr std::size_t kOverhead = 200;  // of an event's row and its place in memory

class MemorySpool final : public Spool {
 public:
  Result<void> each_waiting(const std::function<void(Entry&&)>&) override { return {}; }

  Result<std::vector<std::int64_t>> commit(const Turn& turn, UnixMillis) override {
    std::vector<std::int64_t> sequences;
    for (const Item& item : turn.added) {
      sequences.push_back(++last_);
      waiting_.emplace(last_, item);
    }
    for (const std::int64_t sequence : turn.sent) waiting_.erase(sequence);
    for (const Refusal& refusal : turn.rejected)
      if (auto node = waiting_.extract(refusal.sequence))
        rejected_.emplace(refusal.sequence, Rejected{refusal, std::move(node.mapped())});
    return sequences;
  }

  Result<Item> read(std::int64_t sequence) override {
    const auto found = waiting_.find(sequence);
    if (found == waiting_.end()) return fail(Code::internal, "event " + std::to_string(sequence) + " is not there");
    return found->second;
  }

  Result<std::vector<Rejected>> rejected(std::int64_t after, std::size_t limit) override {
    std::vector<Rejected> page;
    for (auto at = rejected_.upper_bound(after); at != rejected_.end() && page.size() < limit; ++at)
      page.push_back(at->second);
    return page;
  }

  Result<Entry> restore(std::int64_t sequence) override {
    auto node = rejected_.extract(sequence);
    if (!node) return fail(not_there(sequence));
    Entry entry = entry_of(node.mapped().item, ++last_);
    waiting_.emplace(last_, std::move(node.mapped().item));
    return entry;
  }

  Result<std::size_t> drop(std::int64_t sequence) override {
    auto node = rejected_.extract(sequence);
    if (!node) return fail(not_there(sequence));
    return node.mapped().item.bytes();
  }

  Result<SpoolSize> rejected_size() override {
    SpoolSize size{rejected_.size(), 0};
    for (const auto& [sequence, rejected] : rejected_) size.bytes += rejected.item.bytes();
    return size;
  }

  std::optional<Error> failure() const override { return std::nullopt; }

 private:
  static Error not_there(std::int64_t sequence) {
    return {Code::not_found, "no rejected event has the number " + std::to_string(sequence)};
  }

  std::int64_t last_ = 0;
  std::map<std::int64_t, Item> waiting_;
  std::map<std::int64_t, Rejected> rejected_;
};

}  // namespace

std::size_t Item::bytes() const {
  std::size_t sum = kOverhead + path.size() + id.size() + key.size() + type.size() + source.size() + body.size();
  for (const std::string& header : headers) sum += header.size() + 1;
  return sum;
}

Entry entry_of(const Item& item, std::int64_t sequence) {
  Entry entry;
  entry.sequence = sequence;
  entry.path = item.path;
  entry.key = item.key;
  entry.form = item.form;
  entry.alone = !item.headers.empty() || item.form == Form::whole;
  entry.bytes = static_cast<std::uint32_t>(item.bytes());
  return entry;
}

std::unique_ptr<Spool> make_memory_spool() { return std::make_unique<MemorySpool>(); }

}  // namespace certes::client
