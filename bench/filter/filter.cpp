// certes-bench-filter: what a filter of three terms costs on a payload of 1 KB.
//
//   certes-bench-filter
//
// One JSON line for each filter, nanoseconds (the median of 201 rounds of 1,000): "evaluate_ns" on a payload that has
// been parsed, "event_ns" with all that an event's first filter costs, its payload's parsing too.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/event/filter.hpp"
#include "common/filter/compile.hpp"

namespace certes::bench {
namespace {

constexpr int kRounds = 201, kTimes = 1'000;

std::string payload() {
  std::string json = R"({"id":"ord_29xk1","object":"order","created":1767323045,"currency":"eur","total":12950)";
  for (int i = 0; json.size() < 850; ++i)
    json += ",\"field" + std::to_string(i) + "\":\"value of field " + std::to_string(i) + '"';
  return json +
         R"(,"customer":{"id":"cus_81","country":"DE","tags":["vip","new"]},"lines":[{"sku":"a-1","count":2}],"paid":true})";
}

template <class Once>
double median_ns(Once once) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < kTimes; ++i) once();
    rounds.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count() /
                     kTimes);
  }
  std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
  return rounds[kRounds / 2];
}

void measure(const char* name, const char* json) {
  log::StoredRecord record;
  for (const auto& [header, value] :
       {std::pair("certes-id", "evt_1"), std::pair("ce_specversion", "1.0"), std::pair("ce_id", "1"),
        std::pair("ce_source", "/shop"), std::pair("ce_type", "order.created"), std::pair("certes-tenant", "default")})
    record.headers.add(header, value);
  record.value = payload();
  const auto view = event::view(record);
  const auto program = filter::compile(json);
  if (!program || !view) std::abort();
  event::JsonDocument document;
  const auto check = [&](event::FilterEvent& event) {
    if (event::evaluate(**program, event).says != event::FilterResult::Says::yes) std::abort();
  };
  event::FilterEvent parsed(record, *view, document);
  const double evaluated = median_ns([&] { check(parsed); });
  event::JsonDocument other;
  const double whole = median_ns([&] {
    event::FilterEvent event(record, *view, other);
    check(event);
  });
  std::printf(R"({"filter":"%s","payload_bytes":%zu,"evaluate_ns":%.0f,"event_ns":%.0f})"
              "\n",
              name, record.value.size(), evaluated, whole);
}

}  // namespace
}  // namespace certes::bench

int main() {
  using certes::bench::measure;
  measure("expression", R"("data.total > 10000 && data.customer.country == 'DE' && data.paid")");
  measure("operators", R"({"data":{"total":{"$gt":10000},"customer":{"country":"DE"},"paid":true}})");
  measure("in a list",
          R"("data.currency in ['eur', 'usd'] && event.type.startsWith('order.') && 'vip' in data.customer.tags")");
  return 0;
}
