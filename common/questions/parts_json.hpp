#pragma once
// The parts that several answers have in common, as JSON. Who: the values of answers, in this folder alone. Pure.

#include "common/questions/endpoint_stats.hpp"
#include "common/questions/members.hpp"

namespace certes::questions {

nlohmann::json json_of(const ClassWaiting& waiting);
nlohmann::json json_of(const Attempts& attempts);
// False: it is none. What is missing stays as it was.
bool read(const nlohmann::json& json, ClassWaiting& into);
bool read(const nlohmann::json& json, Attempts& into);
// What waits by class, as far as there is any.
nlohmann::json json_of(const std::array<ClassWaiting, registry::kPriorities>& classes);
bool read(const nlohmann::json& json, std::array<ClassWaiting, registry::kPriorities>& into);
// A standing of a later release is none that is known: it stays as it was.
void read_standing(Members& members, Standing& into);

}  // namespace certes::questions
