#include "tests/dispatcher/simulation/endpoint_answers.hpp"

#include "common/base/hash.hpp"
#include "tests/simulation/dice.hpp"

namespace certes::dispatcher::simulation {

http::TransferResult answer_of(const Answerer& who, const std::string& delivery, std::uint32_t attempt) {
  certes::simulation::Dice dice(who.seed, hash64(delivery) + attempt);
  http::TransferResult answer;
  const double what = dice.unit();
  if (what < 0.1) {
    answer.error = http::TransferError::reset;
  } else if (what < 0.55) {
    answer.status = who.command && dice.chance(0.4) ? 202 : 204;
  } else if (what < 0.62) {
    answer.status = 503;
    answer.retry_after = "3";
  } else if (what < 0.7) {
    answer.status = 508;
  } else if (what < 0.97 || !(who.gone || who.command)) {
    answer.status = 500;
  } else {
    answer.status = who.command ? 422 : 410;
  }
  return answer;
}

Millis delay_asked(const http::TransferResult& answer) {
  return answer.retry_after.empty() ? Millis{0} : Millis{std::stoi(answer.retry_after) * 1'000};
}

bool is_last(const http::TransferResult& answer) {
  return answer.error == http::TransferError::none && answer.status != 500 && answer.status != 503;
}

}  // namespace certes::dispatcher::simulation
