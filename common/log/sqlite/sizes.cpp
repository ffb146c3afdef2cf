#include "common/log/sqlite/sizes.hpp"

#include "common/log/sqlite/record_format.hpp"

namespace certes::log::sqlite {

Sizes::Sizes(Store& store, Connection& connection)
    : store_(store),
      save_(connection.prepare("INSERT OR REPLACE INTO sizes(topic, partition, bytes, next) VALUES(?1, ?2, ?3, ?4)")),
      counted_(store.partitions.size()) {
  for (const auto& partition : store.partitions) {
    count_new(connection, *partition);
    (*topics_)[static_cast<std::size_t>(partition->topic)] += of(*partition).bytes;
  }
  if (store.options.metrics) tell(*store.options.metrics);
}

// What the file knows, and what has come since.
void Sizes::count_new(Connection& connection, const Partition& partition) {
  Counted& counted = of(partition);
  std::int64_t next = INT64_MIN;
  Statement saved = connection.prepare("SELECT bytes, next FROM sizes WHERE topic=? AND partition=?");
  saved.bind(1, static_cast<std::int64_t>(partition.topic)).bind(2, partition.number);
  if (saved.step()) {
    counted.bytes = saved.number(0);
    next = saved.number(1);
  }
  try {
    Statement fresh = connection.prepare("SELECT ifnull(sum(length(record)), 0) FROM " + partition.table +
                                         " WHERE id >= ? AND length(record) > " + std::to_string(kMarkBytes));
    fresh.bind(1, next);
    if (fresh.step()) counted.unsaved = fresh.number(0);
  } catch (const Failure&) {
    return;  // readers will say what is damaged
  }
  counted.bytes += counted.unsaved;
}

void Sizes::tell(metrics::Metrics& metrics) {
  std::array<metrics::Gauge, kTopics> gauges;
  for (std::size_t i = 0; i < gauges.size(); ++i)
    gauges[i] = metrics.gauge("certes_log_bytes", "Bytes of a topic's records in the file of the embedded log.",
                              {{"topic", std::string(to_string(static_cast<Topic>(i)))}});
  metrics.on_scrape([topics = topics_, gauges]() mutable {
    for (std::size_t i = 0; i < gauges.size(); ++i)
      gauges[i].set(static_cast<double>((*topics)[i].load(std::memory_order_relaxed)));
  });
}

void Sizes::touch(const Partition& partition) {
  Counted& counted = of(partition);
  if (!counted.touched) touched_.push_back(&partition);
  counted.touched = true;
}

void Sizes::added(const Partition& partition, std::size_t bytes) {
  touch(partition);
  of(partition).change += static_cast<std::int64_t>(bytes);
}

void Sizes::gone(const Partition& partition, std::int64_t bytes) {
  touch(partition);
  of(partition).change -= bytes;
  of(partition).deleted = true;
}

void Sizes::save() {
  for (const Partition* partition : touched_) {
    Counted& counted = of(*partition);
    if (!counted.deleted && counted.unsaved + counted.change < kSavedEvery) continue;
    save_.bind(1, static_cast<std::int64_t>(partition->topic)).bind(2, partition->number);
    save_.bind(3, counted.bytes + counted.change).bind(4, partition->next()).run();
    counted.saved = true;
  }
}

void Sizes::publish() {
  for (const Partition* partition : touched_) {
    Counted& counted = of(*partition);
    (*topics_)[static_cast<std::size_t>(partition->topic)].fetch_add(counted.change, std::memory_order_relaxed);
    counted = {
        counted.bytes + counted.change, 0, counted.saved ? 0 : counted.unsaved + counted.change, false, false, false};
  }
  touched_.clear();
}

void Sizes::discard() {
  for (const Partition* partition : touched_) {
    Counted& counted = of(*partition);
    counted = {counted.bytes, 0, counted.unsaved, false, false, false};
  }
  touched_.clear();
}

}  // namespace certes::log::sqlite
