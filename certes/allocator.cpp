#include "certes/allocator.hpp"

#include <cstdlib>  // __GLIBC__

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace certes {

void give_large_blocks_back() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 512 << 10);
  // The other thresholds no longer adapt either: what is freed at a heap's end stays for the next, as it did.
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
  ::mallopt(M_TOP_PAD, 1 << 20);
#endif
}

}  // namespace certes
