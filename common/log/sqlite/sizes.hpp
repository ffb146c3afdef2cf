#pragma once
// Sizes: how many bytes the records of each topic take in the file, without what SQLite and the marks of gaps add.
// Counted as records come and go, never by looking at all of them: the file has, for each partition, what its records
// below some offset took; it is written in the transaction that deletes some, and after kSavedEvery bytes of new ones,
// so that no more than these are looked at when the file is opened. The metric `certes_log_bytes{topic}` is set from
// it. Who: Transaction. The writer thread alone (made before it starts); what is scraped, any thread.

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

class Sizes {
 public:
  static constexpr std::int64_t kSavedEvery = 32 << 20;

  // Throws Failure; but what is damaged is not counted.
  Sizes(Store& store, Connection& connection);

  // Within a transaction: a record has come; so many bytes of records are gone, or have become more (below 0).
  void added(const Partition& partition, std::size_t bytes);
  void gone(const Partition& partition, std::int64_t bytes);
  // At its end: writes what the file must know. Throws Failure.
  void save();
  void publish();  // it was committed
  void discard();  // it was not

 private:
  struct Counted {
    std::int64_t bytes = 0;    // committed
    std::int64_t change = 0;   // of this transaction
    std::int64_t unsaved = 0;  // came since the file was told
    bool touched = false, deleted = false, saved = false;
  };
  // Shared with the metrics, which outlive the log.
  using Topics = std::array<std::atomic<std::int64_t>, kTopics>;

  Counted& of(const Partition& partition) { return counted_[store_.index(partition)]; }
  void touch(const Partition& partition);
  void count_new(Connection& connection, const Partition& partition);
  void tell(metrics::Metrics& metrics);

  const Store& store_;
  Statement save_;
  std::vector<Counted> counted_;           // by Store::index
  std::vector<const Partition*> touched_;  // by this transaction
  std::shared_ptr<Topics> topics_ = std::make_shared<Topics>();
};

}  // namespace certes::log::sqlite
