#pragma once
// What the Master API does with every kind of resource: list, show, create, replace, merge, delete. Who: the table of
// routes.

#include "api/call.hpp"

namespace certes::api {

struct KindHandlers {
  ApiHandler list, show, create, replace, merge, remove;
};
// By the kind's name, "endpoints"; all null: there is none of that name.
KindHandlers handlers_of(std::string_view kind);

}  // namespace certes::api
