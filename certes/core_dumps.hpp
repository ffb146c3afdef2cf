#pragma once
// The memory of a service holds keys and secrets: it is not dumped to a file, nor shown to other processes of its user,
// unless that is allowed for debugging. Who: every role, and the relay, before it reads a secret.

namespace certes {

// Of this process, from now on.
void allow_core_dumps(bool allowed);

}  // namespace certes
