#pragma once
// Phases: how long the parts of an HTTP request took, in microseconds, and the text by which a record of `attempts`
// says so (certes-phases): "NAME,CONNECT,TLS,FIRST_BYTE", with '-' for what there was none of. Who: the sender
// measures, the dispatcher writes, history reads. Plain values; pure, any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace certes {

struct Phases {
  using Part = std::optional<std::uint32_t>;  // more than it holds (71 minutes) is that
  Part name;                                  // that it waited for its host to be looked up, and was found
  Part connect;                               // none: the connection had been kept, or did not come about
  Part tls;
  Part first_byte;  // from when the request could be sent
  bool operator==(const Phases&) const = default;

  bool any() const { return name || connect || tls || first_byte; }
  std::string text() const;
  // Nothing: it has another form.
  static std::optional<Phases> parse(std::string_view text);
};

}  // namespace certes
