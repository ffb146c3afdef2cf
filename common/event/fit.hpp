#pragma once
// What a provider says, made to fit where what was verified may not be refused. Who: gateway/webhook. Pure.

#include <string>
#include <string_view>

namespace certes::event {

// The nearest type (valid_type): a character that may not stand there becomes '_', as an empty word does, and what is
// too long is cut. Precondition: not empty.
std::string fit_type(std::string_view text);

}  // namespace certes::event
