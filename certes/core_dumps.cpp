#include "certes/core_dumps.hpp"

#include <sys/prctl.h>

namespace certes {

void allow_core_dumps([[maybe_unused]] bool allowed) {
#if !defined(__SANITIZE_ADDRESS__)  // whose search for leaks looks into the process as a debugger does
  ::prctl(PR_SET_DUMPABLE, allowed ? 1 : 0);
#endif
}

}  // namespace certes
