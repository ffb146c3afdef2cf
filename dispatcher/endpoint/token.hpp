#pragma once
// Token: the OAuth2 access token of one version of an endpoint: whether there is one to send, whether it is time to ask
// for another, and what a 401 says of it. Who: Tokens, one for each endpoint that has `auth` of that scheme. Pure: the
// time is passed in. Confined to the core loop.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

class Token {
 public:
  // After that part of its life another one is asked for, while it goes on being sent.
  static constexpr int kRenewPercent = 80;
  // A request for one that came to nothing is not made again before that.
  static constexpr Millis kAskAgain{5'000};
  // One that was refused without ever having been taken is not replaced before that.
  static constexpr Millis kYoung{10'000};

  enum class Standing : std::uint8_t {
    good,     // text() is to be sent
    awaited,  // it comes, or is asked for again without anybody being at fault
    refused,  // refusal() says why there is none
  };
  Standing standing(SteadyTime now) const;
  // Whether one is to be asked for now.
  bool is_wanted(SteadyTime now) const;
  // That was done, by the request of that id.
  void ask(std::uint64_t request) { asked_ = request; }
  std::uint64_t asked() const { return asked_; }  // the request that is out; 0: none

  // The request has ended so.
  void granted(std::string text, Millis life, SteadyTime now);
  void refused(std::string why, SteadyTime now);
  void not_tried(Millis retry_in, SteadyTime now);

  const std::string& text() const { return text_; }
  std::uint32_t number() const { return number_; }  // of this one, from 1
  const std::string& refusal() const { return refusal_; }
  SteadyTime ask_again_at() const { return ask_again_at_; }

  // The endpoint has answered a request with the token of that number: it takes it; or said 401. True of the latter:
  // another one may be taken where this one is not any more, so that it says nothing of the delivery.
  void worked(std::uint32_t number);
  bool rejected(std::uint32_t number, SteadyTime now);

 private:
  bool is_good(SteadyTime now) const { return !text_.empty() && now < ends_at_; }

  std::uint64_t asked_ = 0;
  std::uint32_t number_ = 0;
  std::string text_;     // empty: there is none
  std::string refusal_;  // of the last request; empty: it came to something, or was not made
  SteadyTime granted_at_{}, renew_at_{}, ends_at_{};
  SteadyTime ask_again_at_ = SteadyTime::min();
  bool taken_ = false;  // the endpoint has taken it once
};

}  // namespace certes::dispatcher
