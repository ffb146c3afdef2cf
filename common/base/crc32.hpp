#pragma once
// CRC-32, that of zip and Ethernet, of what is written to the log. Who: the codecs of checkpoints. Pure; any thread.

#include <cstdint>
#include <string_view>

namespace certes {

// `crc`: of what stands before.
std::uint32_t crc32(std::string_view bytes, std::uint32_t crc = 0);

}  // namespace certes
