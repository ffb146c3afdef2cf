#pragma once
// What is answered where the index of what became of events (api/history) is asked: how far it goes, and why it does
// not answer. Who: the routes of events and of jobs. Any thread.

#include <memory>
#include <string>
#include <string_view>

#include "api/history/history.hpp"
#include "common/http/server/server.hpp"

namespace certes::api {

// How far it goes, as members of an answer, with a comma before each; and puts such members at an answer's end.
std::string reach_of(const history::History& history);
std::string reach_members(std::optional<UnixMillis> until, std::optional<UnixMillis> from);
void add_members(http::Response& response, const std::string& members);

// 404, with how far it goes.
http::Response not_indexed(const history::History& history, std::string_view what);
// 501, and 503.
http::Response no_history();
http::Response not_ready(const Error& error);

// An answer in no steps.
std::unique_ptr<http::Steps> at_once(http::Response&& answer);

}  // namespace certes::api
