#pragma once
// Terms: which records of a partition of `attempts` or `dead-letters` count, for whoever reads it. One that stands
// behind a higher term than its own is void: who wrote it had lost the partition. One without a term is no
// dispatcher's: a dead letter that a gateway quarantined counts, on `attempts` it is none of ours. Who begins in
// mid-partition reads some records before, which only show the term that holds there. Confined to one thread.

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/base/number.hpp"
#include "common/log/names.hpp"
#include "common/log/record.hpp"

namespace certes::log {

class Terms {
 public:
  // More than can still arrive of a former owner behind the term of the next, as a rule.
  static constexpr std::int64_t kBefore = 256;

  Terms() = default;
  // For who reads on where `highest` was the highest term before; 0: from the partition's start.
  explicit Terms(std::int64_t highest) : highest_(highest) {}
  // For who wants records from `from` on and knows no term. Reading begins at begin().
  static Terms from(std::int64_t from, std::int64_t log_start) {
    Terms terms;
    terms.from_ = from;
    terms.begin_ = std::max(log_start, from - kBefore);
    return terms;
  }

  // Of a record that a dispatcher wrote; below any term: one that cannot be understood.
  static std::optional<std::int64_t> of(const StoredRecord& record) {
    const auto text = record.headers.find(names::kTerm);
    if (!text) return std::nullopt;
    return parse_whole<std::int64_t>(*text).value_or(-1);
  }

  std::int64_t begin() const { return begin_; }
  std::int64_t highest() const { return highest_; }

  // Each record that is read, in order.
  bool counts(const StoredRecord& record) {
    const bool wanted = record.offset >= from_;
    const auto term = of(record);
    if (!term) return wanted && record.topic == Topic::dead_letters;
    if (*term < highest_) return false;
    highest_ = *term;
    return wanted;
  }

 private:
  std::int64_t from_ = 0;
  std::int64_t begin_ = 0;
  std::int64_t highest_ = 0;
};

}  // namespace certes::log
