#include "certes/core_dumps.hpp"

#include <doctest/doctest.h>
#include <sys/prctl.h>

using namespace certes;

TEST_CASE("Core dumps: a service is not dumped unless that is allowed") {
  const int before = ::prctl(PR_GET_DUMPABLE);
  allow_core_dumps(true);
  CHECK(::prctl(PR_GET_DUMPABLE) == 1);
#if !defined(__SANITIZE_ADDRESS__)
  allow_core_dumps(false);
  CHECK(::prctl(PR_GET_DUMPABLE) == 0);
#endif
  ::prctl(PR_SET_DUMPABLE, before);
}
