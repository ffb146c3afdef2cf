#pragma once
// Routes: the registry as the core loop sees it now, and the router that follows it. Who: intake and sending. Confined
// to the core loop.

#include <cstdint>
#include <memory>
#include <utility>

#include "common/event/json_document.hpp"
#include "dispatcher/routing/router.hpp"

namespace certes::dispatcher {

class Routes {
 public:
  explicit Routes(RouterOptions options) : options_(std::move(options)) {}

  // False: it is not newer.
  bool use(registry::StatePtr state) {
    if (!state || (state_ && state->number <= state_->number)) return false;
    state_ = std::move(state);
    if (router_)
      router_->follow(state_);
    else
      router_ = std::make_unique<Router>(state_, options_);
    return true;
  }
  const registry::State* state() const { return state_.get(); }  // none yet: nothing
  std::uint64_t number() const { return state_->number; }        // of the state. Precondition: there is one
  // Precondition: there is a state.
  Router& router() { return *router_; }
  // Where the payload of the event at hand is parsed.
  event::JsonDocument& document() { return document_; }

 private:
  RouterOptions options_;
  registry::StatePtr state_;
  std::unique_ptr<Router> router_;
  event::JsonDocument document_;
};

}  // namespace certes::dispatcher
