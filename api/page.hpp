#pragma once
// Page: the items of one answer of a list: so many of them, and so many bytes (api.page_bytes, and the item that passes
// it), so that what waits for a slow reader is bounded. Who: the routes that list. Confined to its request.

#include <optional>
#include <string>
#include <string_view>

#include "api/call.hpp"

namespace certes::api {

class Page {
 public:
  Page(std::size_t most_items, Services& services)
      : services_(services), most_items_(most_items), most_bytes_(services.deps.settings.api.page_bytes) {}

  bool full() const { return count_ >= most_items_ || items_.size() >= most_bytes_; }
  std::size_t bytes() const { return items_.size(); }
  // An item as JSON.
  void add(std::string_view json) {
    if (count_++ > 0) items_.push_back(',');
    items_.append(json);
  }
  // `next`: where the next page begins, as JSON text will hold it; nothing: there are no more items. `also`: members
  // that follow, with a comma before each.
  http::Response answer(const std::optional<std::string>& next, std::string_view also = {}) &&;

 private:
  Services& services_;
  const std::size_t most_items_, most_bytes_;
  std::size_t count_ = 0;
  std::string items_;
};

// A text, or nothing, as a JSON value.
std::string json_text(const std::optional<std::string>& text);

}  // namespace certes::api
