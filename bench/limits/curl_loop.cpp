// curl_loop URL [in flight] [seconds] [body bytes]: posts with our sender on one thread as fast as answers come: the
// limit of delivery. Prints one line of JSON.

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "common/http/client/sender.hpp"

using namespace certes;

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s URL [in flight] [seconds] [body bytes]\n", argv[0]);
    return 2;
  }
  const auto in_flight = static_cast<std::uint64_t>(argc > 2 ? std::atoi(argv[2]) : 64);
  const double seconds = argc > 3 ? std::atof(argv[3]) : 5;
  const auto body =
      std::make_shared<const std::string>(static_cast<std::size_t>(argc > 4 ? std::atoi(argv[4]) : 640), 'x');
  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  http::Sender sender({}, http::AddressPolicy::make({"127.0.0.0/8"}).value(), [&] {
    const std::lock_guard lock(mutex);
    woken = true;
    changed.notify_one();
  });
  const auto submit = [&](std::uint64_t id) {
    http::Transfer transfer;
    transfer.id = id;
    transfer.url = argv[1];
    transfer.headers = {"content-type: application/json"};
    transfer.body = *body;
    transfer.body_owner = body;
    sender.submit(std::move(transfer));
  };
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::uint64_t next = 0, done = 0, failed = 0;
  while (next < in_flight) submit(next++);
  std::vector<http::TransferResult> results;
  while (Clock::now() < end) {
    {
      std::unique_lock lock(mutex);
      changed.wait_for(lock, std::chrono::milliseconds(100), [&] { return woken; });
      woken = false;
    }
    results.clear();
    sender.poll(results);
    for (const http::TransferResult& result : results) {
      ++done;
      if (result.status / 100 != 2) ++failed;
      submit(next++);
    }
  }
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("{\"in_flight\":%llu,\"transfers_per_second\":%.0f,\"failed\":%llu}\n",
              static_cast<unsigned long long>(in_flight), double(done) / elapsed,
              static_cast<unsigned long long>(failed));
}
