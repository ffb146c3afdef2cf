#pragma once
// Spans as a request of OTLP over HTTP, in JSON. Who: Tracer. Pure.

#include <span>
#include <string>
#include <vector>

#include "common/traces/span.hpp"

namespace certes::traces {

// `resource`: what made them: service.name and the like.
std::string otlp_json(const std::vector<Attribute>& resource, std::span<const Span> spans);

}  // namespace certes::traces
