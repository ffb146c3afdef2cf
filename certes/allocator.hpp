#pragma once
// What is said to the C library's allocator. Who: main, before anything else.

namespace certes {

// Blocks of half a megabyte and more (bodies, payloads, pages of lists) are mapped for themselves and go back to the
// system when they are freed. glibc would take the first such block that is freed as the measure of what to keep in its
// heaps, up to 32 MiB, and each thread's heap would keep its most (docs/decisions/0018).
void give_large_blocks_back();

}  // namespace certes
