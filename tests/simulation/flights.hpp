#pragma once
// Flights: what one process has sent, or is recording, and what it loses of that: the witness counts it, as only that
// may come again. Confined to the test's thread.

#include <map>
#include <string>

#include "tests/simulation/witness.hpp"

namespace certes::simulation {

class Flights {
 public:
  explicit Flights(Witness& witness) : witness_(witness) {}
  // A crash.
  ~Flights() { superseded(); }
  Flights(const Flights&) = delete;
  Flights& operator=(const Flights&) = delete;

  void begin(const std::string& delivery, std::int32_t partition, bool current);
  void recorded(const std::string& delivery) { out_.erase(delivery); }
  void lost(const std::string& delivery);
  void lost(std::int32_t partition);
  // Its group has taken the process for dead: what it records from now on is void.
  void superseded();

 private:
  struct Flight {
    std::int32_t partition;
    bool counted;  // as lost
  };
  void count(const std::string& delivery, Flight& flight);

  Witness& witness_;
  std::map<std::string, Flight, std::less<>> out_;
};

}  // namespace certes::simulation
