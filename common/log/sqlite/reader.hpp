#pragma once
// SqliteReader: one partition from an offset on: from the partition's memory where that has it, else a page of the
// file.

#include <memory>
#include <vector>

#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

class SqliteReader final : public Reader {
 public:
  SqliteReader(Store& store, Partition& partition, std::int64_t from, Wake wake);
  ~SqliteReader() override;

  Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) override;
  std::int64_t position() const override;

 private:
  // What a page holds: records, and what was passed over between them.
  struct Page {
    std::int64_t next;  // behind it
    std::vector<OffsetRange> lost;
    std::vector<RecordPtr> records;
  };
  Result<Page> read_file(std::int64_t position, std::int64_t end, std::size_t max);
  Result<void> take_page(ReadConnection& from, std::int64_t end, std::size_t max, Page& page) const;
  void skip_erased(ReadConnection& from, std::int64_t limit, Page& page) const;
  bool pass_over(std::int64_t to, Page& page) const;
  tl::unexpected<Error> damaged(const Page& page) const;
  tl::unexpected<Error> out_of_range(std::int64_t position, const OffsetRange& range) const;

  Store& store_;
  Partition& partition_;
  std::int64_t position_;  // kLogStart until the first record
  const std::shared_ptr<Watch> watch_;
};

}  // namespace certes::log::sqlite
