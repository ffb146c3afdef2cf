// certes-bench-transform: what a projection costs, on payloads of 1 KB and of 1 MB.
//
//   certes-bench-transform
//
// One JSON line for each, nanoseconds (the median of 51 rounds): "run_ns", with the payload's parsing.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/transform/compile.hpp"
#include "common/transform/transform.hpp"

namespace certes::bench {
namespace {

constexpr int kRounds = 51;

std::string payload_of(std::size_t bytes) {
  std::string json = R"({"id":7,"total":99.50,"customer":{"country":"DE","tags":["vip","new"]},"lines":[)";
  for (int i = 0; json.size() + 60 < bytes; ++i)
    json += std::string(i == 0 ? "" : ",") + R"({"sku":"a-)" + std::to_string(i) + R"(","count":2,"price":12.50})";
  return json + R"(],"name":"Größe"})";
}

template <class Once>
double median_ns(int times, Once once) {
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) once();
    rounds.push_back(std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count() /
                     times);
  }
  std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
  return rounds[kRounds / 2];
}

void measure(const char* name, const char* json, std::size_t bytes) {
  log::StoredRecord record;
  for (const auto& [header, value] :
       {std::pair("certes-id", "evt_1"), std::pair("ce_specversion", "1.0"), std::pair("ce_id", "1"),
        std::pair("ce_source", "/shop"), std::pair("ce_type", "order.created"), std::pair("certes-tenant", "default")})
    record.headers.add(header, value);
  record.value = payload_of(bytes);
  const auto view = event::view(record);
  const auto program = transform::compile(json);
  if (!program || !view) std::abort();
  event::JsonDocument document;
  const double run = median_ns(bytes > 100'000 ? 10 : 1'000, [&] {
    if (!transform::transform(**program, {record, *view, document}, {})) std::abort();
  });
  std::printf(R"({"transform":"%s","payload_bytes":%zu,"run_ns":%.0f})"
              "\n",
              name, record.value.size(), run);
}

}  // namespace
}  // namespace certes::bench

int main() {
  constexpr const char* kMessage =
      R"({"project":{"body":{"text":"Order ${/data/id} of ${/data/name}",)"
      R"("sum":"${/data/total}","who":"${/data/customer}"},"headers":{"X-Id":"${/data/id}"}}})";
  constexpr const char* kAll = R"({"project":{"body":{"type":"${/event/type}","data":"${/data}"}}})";
  for (const std::size_t bytes : {std::size_t{1'000}, std::size_t{1'000'000}}) {
    certes::bench::measure("four pointers", kMessage, bytes);
    certes::bench::measure("the whole payload", kAll, bytes);
  }
  return 0;
}
