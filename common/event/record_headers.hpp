#pragma once
// RecordHeaders: judges the headers of one record of `events`, as input is judged. Whoever else may write to the topic
// is trusted with no more than a webhook, and what stands in a record becomes headers of requests to endpoints. Who:
// the record's view. Confined to one thread; the record must outlive it.

#include <array>
#include <cstddef>
#include <string_view>

#include "common/base/result.hpp"
#include "common/event/attributes.hpp"

namespace certes::event {

bool fit_tenant(std::string_view value);  // of certes-tenant

class RecordHeaders {
 public:
  // The next header. Error: invalid, why the record is no valid event; the pointer is the header's name.
  Result<void> take(std::string_view name, std::string_view value);

 private:
  Result<void> take_attribute(std::string_view header, std::string_view value);
  Result<void> take_forwarded(std::string_view header, std::string_view value);
  Result<void> take_own(std::string_view header, std::string_view value);

  std::array<std::string_view, kMaxExtensions + kNamedAttributes> attributes_;  // names of those that came
  std::size_t attributes_seen_ = 0;
  std::size_t forwarded_seen_ = 0;
  unsigned own_seen_ = 0;  // places in the table of Certes' own headers
  bool content_type_seen_ = false;
};

}  // namespace certes::event
