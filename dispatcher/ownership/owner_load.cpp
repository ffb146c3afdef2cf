// The checkpoint that is committed, read from `progress`; or the one before it; or none, and what is open is made again
// from `events` and the tails.
#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr std::size_t kPage = 8;  // records of up to 512 KB
constexpr int kPagesARound = 2;
constexpr std::int64_t kReadThrough = 16;  // records between two items, rather than a reader of its own

CommitNote note_of(const OwnedPartition& part) { return decode_note(part.committed.metadata).value_or(CommitNote{}); }

std::string at(std::int64_t place) { return "at " + std::to_string(place) + " of progress"; }

}  // namespace

// False: not done yet.
bool Owner::Impl::load_checkpoint(Part& part) {
  Loading& loading = part.loading;
  if (!loading.loader) {
    const std::int64_t manifest = note_of(part).manifest;
    if (manifest < 0) {
      rebuild(part);
      return true;
    }
    loading.loader.emplace(manifest);
  }
  for (int pages = 0; pages < kPagesARound && !loading.loader->done(); ++pages) {
    const auto more = load_page(part);
    if (!more) return unreadable(part, more.error().message);
    if (!*more) return false;
  }
  if (loading.loader->done()) {
    loaded(part);
    return loading.step != Loading::checkpoint;
  }
  if (wake_) wake_();  // there is more
  return false;
}

// False: nothing more can be read now. An error: it is unreadable.
Result<bool> Owner::Impl::load_page(Part& part) {
  Loading& loading = part.loading;
  CheckpointLoader& loader = *loading.loader;
  if (!loading.reader) loading.reader = log_.reader(log::Topic::progress, part.partition, loader.from(), wake_);
  std::vector<log::RecordPtr> page;
  const auto read = loading.reader->read(kPage, page);
  if (!read) {
    if (read.error().code == Code::not_found) return fail(read.error());
    part.retry_at = now_ + kRetry;
    return false;
  }
  for (const log::RecordPtr& record : page) {
    if (record->offset < loader.from()) continue;
    // Behind the record of this term stands nothing that was written before.
    if (record->value.empty() && log::Terms::of(*record) == part.term)
      return fail(Code::invalid, "it is not there whole");
    const auto complete = loader.add(*record);
    if (!complete) return fail(complete.error());
    if (!*complete) continue;
    const bool back = loader.from() <= record->offset;
    if (loader.done() || back || loader.from() > loading.reader->position() + kReadThrough) {
      loading.reader.reset();
      return true;
    }
  }
  return !page.empty();
}

// A commit counts as that of its manifest only; the manifest before is of a lower one.
void Owner::Impl::loaded(Part& part) {
  Loading& loading = part.loading;
  const book::Manifest manifest = *loading.loader->manifest();
  const bool fits =
      loading.second ? manifest.watermark <= part.committed.offset : manifest.watermark == part.committed.offset;
  if (!fits) return static_cast<void>(unreadable(part, "it is not of what is committed"));
  loading.written = loading.loader->written();
  auto index = std::move(*loading.loader).finish();
  if (!index) return static_cast<void>(unreadable(part, index.error().message));
  loading.manifest = manifest;
  restore(part, std::move(*index));
}

// False: the one before it is to be read.
bool Owner::Impl::unreadable(Part& part, const std::string& why) {
  Loading& loading = part.loading;
  const CheckpointLoader& failed = *loading.loader;
  std::int64_t previous = log::kNoOffset;
  if (!loading.second) previous = note_of(part).previous;
  if (!loading.second && previous < 0 && failed.manifest() != nullptr) previous = failed.manifest()->previous;
  const std::string instead = previous >= 0 ? "the one before it, " + at(previous) + ", is read instead"
                                            : "what is open is made again from the tails, and from events above " +
                                                  std::to_string(part.committed.offset);
  handler_.on_unreadable_checkpoint(
      part.partition, "the checkpoint " + at(failed.place()) + " is unreadable (" + why + "): " + instead);
  loading.reader.reset();
  if (previous < 0) {
    rebuild(part);
    return true;
  }
  loading.second = true;
  loading.loader.emplace(previous);
  if (wake_) wake_();
  return false;
}

// The tails are read from where they begin, and what they say waits until its records have been routed again.
void Owner::Impl::rebuild(Part& part) {
  book::OpenIndex index(part.committed.offset);
  book::TailPlaces begin;
  begin.fill({log::kLogStart, 0});
  index.set_tails(begin);
  restore(part, std::move(index));
}

}  // namespace certes::dispatcher
