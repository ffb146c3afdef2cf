#include "common/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

#include "common/base/mutex.hpp"

namespace certes::metrics {
namespace {

const std::vector<double> kLatencyBuckets = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                             0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60};

prometheus::Labels to_labels(const Labels& labels) { return {labels.begin(), labels.end()}; }

// The families of one kind of metric, by name.
template <class T>
class Families {
 public:
  template <class Builder>
  prometheus::Family<T>& get(std::string_view name, std::string_view help, Builder builder,
                             prometheus::Registry& registry) {
    const auto found = families_.find(name);
    if (found != families_.end()) return *found->second;
    auto& family = builder.Name(std::string(name)).Help(std::string(help)).Register(registry);
    families_.emplace(std::string(name), &family);
    return family;
  }
  void remove(std::string_view name, const prometheus::Labels& labels) {
    const auto found = families_.find(name);
    if (found != families_.end() && found->second->Has(labels)) found->second->Remove(&found->second->Add(labels));
  }

 private:
  std::map<std::string, prometheus::Family<T>*, std::less<>> families_;
};

}  // namespace

void Counter::add(double n) {
  if (impl_) static_cast<prometheus::Counter*>(impl_)->Increment(n);
}
void Gauge::set(double value) {
  if (impl_) static_cast<prometheus::Gauge*>(impl_)->Set(value);
}
void Gauge::add(double n) {
  if (impl_) static_cast<prometheus::Gauge*>(impl_)->Increment(n);
}
void Histogram::observe(double seconds) {
  if (impl_) static_cast<prometheus::Histogram*>(impl_)->Observe(seconds);
}

class Metrics::Impl {
 public:
  Mutex mutex;
  Families<prometheus::Counter> counters CERTES_GUARDED_BY(mutex);
  Families<prometheus::Gauge> gauges CERTES_GUARDED_BY(mutex);
  Families<prometheus::Histogram> histograms CERTES_GUARDED_BY(mutex);
  std::vector<std::shared_ptr<const std::function<void()>>> collectors CERTES_GUARDED_BY(mutex);
  prometheus::Registry registry;  // has a mutex of its own
  Mutex rendering;                // held while text() runs
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const Lock lock(impl_->mutex);
  auto& family = impl_->counters.get(name, help, prometheus::BuildCounter(), impl_->registry);
  return Counter(&family.Add(to_labels(labels)));
}

Gauge Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const Lock lock(impl_->mutex);
  auto& family = impl_->gauges.get(name, help, prometheus::BuildGauge(), impl_->registry);
  return Gauge(&family.Add(to_labels(labels)));
}

Histogram Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels,
                             const std::vector<double>& buckets) {
  const Lock lock(impl_->mutex);
  auto& family = impl_->histograms.get(name, help, prometheus::BuildHistogram(), impl_->registry);
  return Histogram(&family.Add(to_labels(labels), buckets.empty() ? kLatencyBuckets : buckets));
}

void Metrics::remove(std::string_view name, const Labels& labels) {
  const Lock lock(impl_->mutex);
  impl_->counters.remove(name, to_labels(labels));
  impl_->gauges.remove(name, to_labels(labels));
}

void Metrics::on_scrape(std::function<void()> collect) {
  const Lock lock(impl_->mutex);
  impl_->collectors.push_back(std::make_shared<const std::function<void()>>(std::move(collect)));
}

std::string Metrics::text() const {
  const Lock one_at_a_time(impl_->rendering);
  std::vector<std::shared_ptr<const std::function<void()>>> collectors;
  {
    const Lock lock(impl_->mutex);
    collectors = impl_->collectors;
  }
  for (const auto& collect : collectors) (*collect)();
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace certes::metrics
