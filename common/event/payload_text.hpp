#pragma once
// PayloadText: what of a payload can be searched by words. Who: history's index. Confined to a thread.

#include <memory>
#include <string>
#include <string_view>

namespace certes::event {

// Of JSON the names and the values, as they are meant and not as they are written ("M\u00fcller" is Müller); of what
// else is UTF-8, all; of other bytes nothing.
class PayloadText {
 public:
  PayloadText();
  ~PayloadText();
  PayloadText(PayloadText&&) noexcept;
  PayloadText& operator=(PayloadText&&) noexcept;

  // At most so many bytes, from the beginning; a character is not cut.
  std::string text_of(std::string_view payload, std::size_t most);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace certes::event
