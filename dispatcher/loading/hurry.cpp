#include "dispatcher/loading/hurry.hpp"

#include <algorithm>

#include "dispatcher/endpoint/endpoint.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kLooksPerRound = 4'096;

// Whether something that was asked for after `after` is about it.
bool asked(const std::vector<registry::Retry>& retries, UnixMillis after, UnixMillis first_failed_at) {
  return std::ranges::any_of(retries,
                             [&](const registry::Retry& one) { return one.at > after && takes(one, first_failed_at); });
}

}  // namespace

void Hurry::consider(Backlog& backlog) {
  if (backlog.endpoint == nullptr) return;
  const auto& retries = backlog.endpoint->config().retries;
  const book::Lane& lane = *book_.index(backlog.partition)->lanes().at(backlog.lane);
  if (retries.empty() || retries.back().at <= lane.notes.retried_at || retries.back().at == backlog.hurried_for) return;
  backlog.hurried_for = retries.back().at;
  if (!backlog.hurry) lanes_.push_back(&backlog);
  backlog.hurry = 0;
}

void Hurry::leave(std::int32_t partition) {
  std::erase_if(lanes_, [partition](const Backlog* one) { return one->partition == partition; });
}

bool Hurry::arrived(const Backlog& backlog, book::OpenPlace place, const book::OpenDelivery& known) {
  if (!known.tried || known.tried->what != Due::attempt || backlog.endpoint == nullptr) return false;
  const UnixMillis now = clock_.unix_millis();
  if (known.tried->due <= now || !asked(backlog.endpoint->config().retries, 0, known.tried->first_at)) return false;
  return book_.index(backlog.partition)->hurry(place, now);
}

void Hurry::probes(const Endpoint& endpoint, const std::function<void(Backlog&)>& due) {
  const UnixMillis now = clock_.unix_millis();
  for (const Probes::Probe& probe : endpoint.probes.all()) {
    const auto of = std::ranges::find_if(endpoint.backlogs, [&probe](const Backlog* one) {
      return one != nullptr && one->partition == probe.partition && one->lane == probe.place.lane;
    });
    book::OpenIndex* const index = of == endpoint.backlogs.end() ? nullptr : book_.index(probe.partition);
    const auto known = index ? index->find(probe.place) : std::nullopt;
    if (!known || !known->tried || known->tried->due <= now || !index->hurry(probe.place, now)) continue;
    bring(**of, probe.place);
    due(**of);
  }
}

void Hurry::run(const std::function<void(Backlog&)>& due) {
  for (std::size_t left = kLooksPerRound; left > 0 && !lanes_.empty();) {
    Backlog& backlog = *lanes_.back();
    const bool done = backlog.endpoint == nullptr || look(backlog, left);
    if (done) {
      backlog.hurry.reset();
      lanes_.pop_back();
    }
    due(backlog);
  }
}

// True: it has come to the lane's end.
bool Hurry::look(Backlog& backlog, std::size_t& left) {
  book::OpenIndex& index = *book_.index(backlog.partition);
  book::LaneNotes notes = index.lanes().at(backlog.lane)->notes;
  for (; left > 0; --left) {
    const auto at = index.next_tried(backlog.lane, *backlog.hurry);
    if (!at) {
      notes.retried_at = backlog.hurried_for;
      index.lanes().set_notes(backlog.lane, notes);
      return true;
    }
    backlog.hurry = *at + 1;
    if (make_due(backlog, {*at, backlog.lane}, notes.retried_at)) bring(backlog, {*at, backlog.lane});
  }
  return false;
}

bool Hurry::make_due(Backlog& backlog, book::OpenPlace place, UnixMillis since) {
  book::OpenIndex& index = *book_.index(backlog.partition);
  const book::Tried tried = *index.find(place)->tried;
  const UnixMillis now = clock_.unix_millis();
  if (tried.what != Due::attempt || tried.due <= now) return false;
  return asked(backlog.endpoint->config().retries, since, tried.first_at) && index.hurry(place, now);
}

// From the wheel to those that are sent, or from the log. What is out goes on.
void Hurry::bring(Backlog& backlog, book::OpenPlace place) {
  const LoadedRecord* const record = book_.loaded(backlog.partition, place.offset);
  Delivery* const delivery = record ? Book::find(*record, place.lane) : nullptr;
  if (delivery == nullptr) return backlog.look_for_due(place.offset);
  if (!std::holds_alternative<InWheel>(delivery->place)) return;
  if (takes(backlog.endpoint->mode))
    book_.queue(*delivery);
  else
    book_.set_aside(*delivery);
}

}  // namespace certes::dispatcher
