#include "dispatcher/sending/tokens.hpp"

#include "common/base/seconds.hpp"
#include "dispatcher/sending/token_answer.hpp"
#include "dispatcher/sending/token_request.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::uint64_t kOfTokens = std::uint64_t{1} << 63;  // deliveries' numbers do not get so far
constexpr Millis kMargin{1'000};  // behind its time, before a request that has not ended is not waited for

}  // namespace

Token::Standing Tokens::look_after(Endpoint& endpoint) {
  const SteadyTime now = clock_.now();
  if (endpoint.token.is_wanted(now)) ask(endpoint);
  return endpoint.token.standing(now);
}

Millis Tokens::wait_of(const Endpoint& endpoint) const {
  const Token& token = endpoint.token;
  if (token.standing(clock_.now()) != Token::Standing::awaited) return Millis{1};
  if (token.asked() != 0) return millis_of(endpoint.config().timeout_seconds) + kMargin;
  return std::max(Millis{1}, std::chrono::ceil<Millis>(token.ask_again_at() - clock_.now()));
}

void Tokens::ask(Endpoint& endpoint) {
  http::Transfer transfer = token_request(*endpoint.target->oauth());
  transfer.id = kOfTokens | ++next_;
  transfer.timeout = millis_of(endpoint.config().timeout_seconds);
  transfer.affinity = endpoint.affinity;
  transfer.tenant = endpoint.config().tenant;
  endpoint.token.ask(transfer.id);
  asked_.emplace(transfer.id, endpoint.key);
  transfers_.submit(std::move(transfer));
}

bool Tokens::on_result(const http::TransferResult& result) {
  if ((result.id & kOfTokens) == 0) return false;
  const auto asked = asked_.extract(result.id);
  if (asked.empty()) return true;
  Endpoint* const endpoint = endpoints_.find(asked.mapped());
  if (endpoint == nullptr || endpoint->token.asked() != result.id) return true;  // it is another by now
  take(*endpoint, result);
  endpoints_.end_wait(*endpoint);
  return true;
}

void Tokens::take(Endpoint& endpoint, const http::TransferResult& result) {
  const SteadyTime now = clock_.now();
  if (http::not_tried(result.error)) {
    observer_.given_back(result.error, result.message);
    return endpoint.token.not_tried(result.retry_in, now);
  }
  auto answer = read_token_answer(result);
  observer_.token_answered(endpoint.key, answer ? std::string_view() : answer.error().message);
  if (answer)
    endpoint.token.granted(std::move(answer->text), answer->life, now);
  else
    endpoint.token.refused(std::move(answer.error().message), now);
}

}  // namespace certes::dispatcher
