#pragma once
// What is spooled: an event, ready to be sent, and what is known of it besides. Who: Pipeline, the spools, Forwarder.
// Plain values.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::client {

// How the body stands in a request. Events of the forms that are JSON go together, each form with its own.
enum class Form : std::uint8_t {
  plain,  // Certes' plain JSON object
  cloud,  // CloudEvents JSON object
  whole,  // a request of its own: its headers and body as they are
};

struct Item {
  std::string path = "/events";  // at the gateway, with a query if there is one
  std::string id;                // the producer's: what makes a repeat a duplicate
  std::string key;               // events of one key are sent in order; empty: in no order
  std::string type, source;      // for policies
  Form form = Form::plain;
  std::vector<std::string> headers;  // "name: value"; an item that has some is sent alone
  std::string body;

  // What it counts against the spool's limit.
  std::size_t bytes() const;
};

// What is kept in memory of each event that waits.
struct Entry {
  std::int64_t sequence = 0;  // rises in the order of publishing
  std::string path, key;
  Form form = Form::plain;
  bool alone = false;  // has headers of its own
  std::uint32_t bytes = 0;
  std::uint32_t attempts = 0;      // that failed
  UnixMillis first_failed_at = 0;  // 0: none has
};

Entry entry_of(const Item& item, std::int64_t sequence);

// Why an event was given up.
struct Refusal {
  std::int64_t sequence = 0;
  std::string rule;     // "refused" by the gateway, or the policy's: "max_attempts", "max_seconds", …
  int status = 0;       // of the last answer; 0: there was none
  std::string problem;  // its body (problem details), or what kept it from being answered
  UnixMillis at = 0;
};

// A failed attempt that is not the last.
struct Retry {
  std::int64_t sequence = 0;
  std::uint32_t attempts = 0;
  UnixMillis first_failed_at = 0;
};

// One that was given up, with its event.
struct Rejected {
  Refusal refusal;
  Item item;
};

}  // namespace certes::client
