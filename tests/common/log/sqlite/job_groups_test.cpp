#include "common/log/sqlite/job_groups.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::log::sqlite;

namespace {

class Sized final : public Job {
 public:
  explicit Sized(std::size_t bytes) : bytes_(bytes) {}
  void apply(Transaction&) override {}
  void finish(log::AppendOutcome, const Error&) override {}
  std::size_t bytes() const override { return bytes_; }

 private:
  const std::size_t bytes_;
};

JobGroups waiting(std::initializer_list<std::size_t> sizes) {
  JobGroups groups;
  JobGroups::Group arrived;
  for (const std::size_t size : sizes) arrived.push_back(std::make_unique<Sized>(size));
  groups.add(arrived);
  CHECK(arrived.empty());
  return groups;
}

std::vector<std::size_t> next(JobGroups& groups) {
  std::vector<std::size_t> sizes;
  for (const auto& job : groups.next()) sizes.push_back(job->bytes());
  return sizes;
}

using Sizes = std::vector<std::size_t>;
constexpr std::size_t kMiB = 1u << 20;

}  // namespace

TEST_CASE("JobGroups: what is posted at once is committed in groups of a bounded size, in order") {
  JobGroups groups = waiting({3 * kMiB, 1, 2 * kMiB, kMiB, kMiB, 0});
  CHECK(next(groups) == Sizes{3 * kMiB, 1});
  CHECK(next(groups) == Sizes{2 * kMiB, kMiB, kMiB, 0});
  CHECK(next(groups).empty());
  CHECK(groups.empty());
}

TEST_CASE("JobGroups: a job that is larger than a group has one alone") {
  JobGroups groups = waiting({JobGroups::kBytes + 1, 1});
  CHECK(next(groups) == Sizes{JobGroups::kBytes + 1});
  CHECK(next(groups) == Sizes{1});
}
