#pragma once
// The table of routes of the gateway's listener (9600). Who: Gateway, tests. Immutable; any thread.

#include <span>

#include "common/http/server/server.hpp"
#include "gateway/access/route.hpp"

namespace certes::gateway {

struct Visit;
namespace ingest {
struct Desk;
}

// On a loop: must not block.
using IngestHandler = void (*)(ingest::Desk&, const http::Request&, const Visit&, http::Exchange);
using IngestRow = Row<IngestHandler>;

std::span<const IngestRow> routes();

}  // namespace certes::gateway
