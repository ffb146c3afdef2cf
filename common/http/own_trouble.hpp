#pragma once
// Which errors of the system are this process's own trouble, and say nothing of who was to be reached. Used by the
// sender and the resolver.

#include <cerrno>

namespace certes::http {

inline bool own_trouble(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace certes::http
