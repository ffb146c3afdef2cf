#include "dispatcher/endpoint/token.hpp"

#include <utility>

namespace certes::dispatcher {

Token::Standing Token::standing(SteadyTime now) const {
  if (is_good(now)) return Standing::good;
  return asked_ == 0 && !refusal_.empty() ? Standing::refused : Standing::awaited;
}

bool Token::is_wanted(SteadyTime now) const {
  return asked_ == 0 && now >= ask_again_at_ && (!is_good(now) || now >= renew_at_);
}

void Token::granted(std::string text, Millis life, SteadyTime now) {
  asked_ = 0;
  ++number_;
  text_ = std::move(text);
  refusal_.clear();
  granted_at_ = now;
  renew_at_ = now + life * kRenewPercent / 100;
  ends_at_ = now + life;
  ask_again_at_ = SteadyTime::min();
  taken_ = false;
}

void Token::refused(std::string why, SteadyTime now) {
  asked_ = 0;
  refusal_ = std::move(why);
  ask_again_at_ = now + kAskAgain;
}

void Token::not_tried(Millis retry_in, SteadyTime now) {
  asked_ = 0;
  refusal_.clear();
  ask_again_at_ = now + std::max(retry_in, Millis{1});
}

void Token::worked(std::uint32_t number) { taken_ = taken_ || number == number_; }

bool Token::rejected(std::uint32_t number, SteadyTime now) {
  if (number != number_) return true;
  const bool was_taken = taken_;
  if (was_taken || now >= granted_at_ + kYoung) text_.clear();
  return was_taken;
}

}  // namespace certes::dispatcher
