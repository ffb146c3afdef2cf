#include "common/http/client/sender.hpp"

#include <mutex>

#include "common/http/client/sender_thread.hpp"

namespace certes::http {
namespace {

constexpr std::size_t kUnbegun = 32;  // transfers of a thread, each 0.1 to 0.2 ms of it

}  // namespace

std::string_view to_string(TransferError error) {
  switch (error) {
    case TransferError::none: return "none";
    case TransferError::dns: return "dns";
    case TransferError::connect: return "connect";
    case TransferError::tls: return "tls";
    case TransferError::timeout: return "timeout";
    case TransferError::refused_address: return "refused_address";
    case TransferError::reset: return "reset";
    case TransferError::aborted: return "aborted";
    case TransferError::too_large: return "too_large";
    case TransferError::unresolved: return "unresolved";
    case TransferError::local: return "local";
    case TransferError::transform: return "transform";
    case TransferError::auth: return "auth";
    case TransferError::internal: return "internal";
  }
  return "internal";
}

class Sender::Impl {
 public:
  Impl(SenderOptions given_options, AddressPolicy given_policy, std::function<void()> wake)
      : options(std::move(given_options)),
        policy(std::move(given_policy)),
        done(wake),
        handover(kUnbegun * static_cast<std::size_t>(std::max(1, options.threads)), std::move(wake)),
        resolver(options.resolver) {
    static std::once_flag once;
    std::call_once(once, [] { ::curl_global_init(CURL_GLOBAL_DEFAULT); });
    for (int i = 0; i < std::max(1, options.threads); ++i)
      threads.push_back(std::make_unique<SenderThread>(options, policy, resolver, done, handover, i));
  }

  const SenderOptions options;
  const AddressPolicy policy;
  Mailbox<TransferResult> done;
  Handover handover;
  Resolver resolver;
  // The caller's thread. Completions minus submissions is what is in flight.
  std::size_t in_flight = 0;
  std::vector<std::unique_ptr<SenderThread>> threads;
};

Sender::Sender(SenderOptions options, AddressPolicy policy, std::function<void()> wake)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(policy), std::move(wake))) {}

Sender::~Sender() = default;

void Sender::submit(Transfer&& transfer) {
  ++impl_->in_flight;
  const std::size_t thread = transfer.affinity % impl_->threads.size();
  impl_->threads[thread]->submit(std::move(transfer));
}

bool Sender::is_busy() { return impl_->handover.is_busy(); }

// The thread that has it knows it; the others pass over it.
void Sender::abort(std::uint64_t id) {
  for (const auto& thread : impl_->threads) thread->abort(id);
}

void Sender::poll(std::vector<TransferResult>& out) {
  while (true) {
    const std::size_t max = std::min<std::size_t>(impl_->done.size_approx() + 1, 1024);
    const std::size_t n = impl_->done.drain(out, max);
    impl_->in_flight -= n;
    if (n < max) return;
  }
}

std::size_t Sender::in_flight() const { return impl_->in_flight; }
ResolverStats Sender::resolver_stats() const { return impl_->resolver.stats(); }

}  // namespace certes::http
