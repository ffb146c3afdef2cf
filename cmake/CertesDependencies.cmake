# Third-party packages, all from Debian, as targets whose headers are SYSTEM.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

function(certes_pkg TARGET MODULE)
  pkg_check_modules(${TARGET} REQUIRED IMPORTED_TARGET GLOBAL ${MODULE})
  add_library(certes::${TARGET} ALIAS PkgConfig::${TARGET})
endfunction()

certes_pkg(rdkafka rdkafka)
certes_pkg(httplib cpp-httplib)
certes_pkg(simdjson simdjson)
certes_pkg(curl libcurl)
certes_pkg(openssl openssl)
certes_pkg(sqlite sqlite3)
certes_pkg(spdlog spdlog)
certes_pkg(prometheus prometheus-cpp-core)
certes_pkg(re2 re2)
certes_pkg(zlib zlib)
# Its -pthread is ours already, and would part its users from the precompiled header.
set_target_properties(PkgConfig::re2 PROPERTIES INTERFACE_COMPILE_OPTIONS "")

function(certes_header_only TARGET HEADER)
  find_path(${TARGET}_DIR ${HEADER} REQUIRED)
  add_library(${TARGET}_headers INTERFACE)
  target_include_directories(${TARGET}_headers SYSTEM INTERFACE ${${TARGET}_DIR})
  add_library(certes::${TARGET} ALIAS ${TARGET}_headers)
endfunction()

certes_header_only(expected tl/expected.hpp)
# Debian 12 and 13 install it at different depths: common/base/mailbox.hpp asks for either.
find_path(CONCURRENTQUEUE_DIR NAMES concurrentqueue/concurrentqueue.h concurrentqueue/moodycamel/concurrentqueue.h REQUIRED)
certes_header_only(toml toml++/toml.h)
certes_header_only(cli11 CLI/CLI.hpp)
certes_header_only(json nlohmann/json.hpp)
certes_header_only(pegtl tao/pegtl.hpp)
if(CERTES_TESTS)
  certes_header_only(doctest doctest/doctest.h)
endif()
