# How targets are declared: the same warnings, sanitizers and precompiled standard headers everywhere.

find_program(CERTES_CCACHE ccache)
if(CERTES_CCACHE)
  # A precompiled header is found again only if ccache does not look at its time stamps.
  set(CERTES_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CERTES_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CERTES_LAUNCHER})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CERTES_LAUNCHER})
endif()

add_library(certes_options INTERFACE)
target_compile_options(certes_options INTERFACE -Wall -Wextra -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 takes an inlined std::string's own buffer for the whole text (GCC bugs 105329, 105651).
  target_compile_options(certes_options INTERFACE -Wno-array-bounds -Wno-restrict)
endif()
if(CERTES_WERROR)
  target_compile_options(certes_options INTERFACE -Werror)
endif()
target_compile_definitions(certes_options INTERFACE CERTES_VERSION="${PROJECT_VERSION}")
target_include_directories(certes_options INTERFACE ${PROJECT_SOURCE_DIR})

if(CERTES_SANITIZE)
  add_compile_options(-fsanitize=${CERTES_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CERTES_SANITIZE})
  if(CERTES_SANITIZE STREQUAL thread)
    # GCC warns of each atomic fence it cannot follow; those in concurrentqueue's templates count as ours.
    add_compile_options(-Wno-tsan)
  endif()
endif()

# One precompiled header, of standard headers alone, for all targets.
file(WRITE ${CMAKE_BINARY_DIR}/certes_pch.cpp "")
add_library(certes_pch STATIC ${CMAKE_BINARY_DIR}/certes_pch.cpp)
target_link_libraries(certes_pch PRIVATE certes_options)
target_compile_options(certes_pch PRIVATE -fpch-preprocess)
target_precompile_headers(certes_pch PRIVATE
  <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <cstring> <deque> <functional>
  <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>)

function(certes_flags NAME)
  target_link_libraries(${NAME} PRIVATE certes_options)
  if(NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    target_compile_options(${NAME} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
    target_precompile_headers(${NAME} REUSE_FROM certes_pch)
  endif()
endfunction()

# certes_library(NAME SOURCES a.cpp… [DEPENDS target…] [TOGETHER [APART a.cpp…]]): a folder is a target; DEPENDS are public.
# TOGETHER: its sources include much that is large (JSON, the command line), so that presets which build once read that
# once for eight of them; APART: all but these, which have names in common with others.
option(CERTES_TOGETHER "Compile the sources of libraries with large headers together" OFF)
function(certes_library NAME)
  cmake_parse_arguments(ARG "TOGETHER" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS;APART" ${ARGN})
  if(ARG_SOURCES)
    add_library(${NAME} STATIC ${ARG_SOURCES})
    certes_flags(${NAME})
    target_include_directories(${NAME} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${NAME} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
    if(ARG_TOGETHER AND CERTES_TOGETHER)
      set_target_properties(${NAME} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
      set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  else()
    add_library(${NAME} INTERFACE)
    target_include_directories(${NAME} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${NAME} INTERFACE ${ARG_DEPENDS})
  endif()
endfunction()

# certes_executable(NAME SOURCES a.cpp… DEPENDS target…)
function(certes_executable NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  certes_flags(${NAME})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS})
endfunction()

# Whether a test of these labels is among those that run under the sanitizers.
function(certes_checked NAME)
  if(("unit" IN_LIST ARGN OR "contract" IN_LIST ARGN) AND NOT ("one-thread" IN_LIST ARGN AND CERTES_SANITIZE STREQUAL thread))
    set_property(GLOBAL APPEND PROPERTY CERTES_CHECKED_TESTS ${NAME})
  endif()
endfunction()

# certes_test(NAME SOURCES a_test.cpp… DEPENDS target… [LABELS unit|contract [one-thread]]): a doctest binary, one
# ctest entry. one-thread: of a single thread, so that TSan has nothing to find in it and it is not built for it.
function(certes_test NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  certes_executable(${NAME} SOURCES ${ARG_SOURCES} DEPENDS ${ARG_DEPENDS} certes_doctest_main)
  add_test(NAME ${NAME} COMMAND ${NAME})
  # A time that ends only what hangs: under a sanitizer, on a busy machine, tests take many times as long.
  set_tests_properties(${NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600)
  if(CERTES_SANITIZE)
    set_tests_properties(${NAME} PROPERTIES TIMEOUT 900)
  endif()
  certes_checked(${NAME} ${ARG_LABELS})
endfunction()

# certes_embed(TARGET NAMESPACE FILE…): texts that a library carries. Each file is a constant of NAMESPACE, openapi/a.json
# is kAJson, in TARGET_texts.hpp, which sources of the target alone include. A changed file configures anew.
function(certes_embed TARGET NAMESPACE)
  set(TEXTS "#pragma once\n#include <string_view>\nnamespace ${NAMESPACE} {\n")
  foreach(FILE ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${FILE})
    cmake_path(GET FILE FILENAME WORDS)
    string(REGEX MATCHALL "[a-z]+" WORDS ${WORDS})
    set(NAME k)
    foreach(WORD ${WORDS})
      string(SUBSTRING ${WORD} 0 1 FIRST)
      string(TOUPPER ${FIRST} FIRST)
      string(SUBSTRING ${WORD} 1 -1 REST)
      string(APPEND NAME ${FIRST}${REST})
    endforeach()
    file(READ ${FILE} TEXT)
    string(APPEND TEXTS "inline constexpr std::string_view ${NAME} = R\"embedded(${TEXT})embedded\";\n")
  endforeach()
  string(APPEND TEXTS "}\n")
  set(FOLDER ${CMAKE_CURRENT_BINARY_DIR}/embedded)
  file(CONFIGURE OUTPUT ${FOLDER}/${TARGET}_texts.hpp CONTENT "${TEXTS}" @ONLY)
  target_include_directories(${TARGET} SYSTEM PRIVATE ${FOLDER})
endfunction()
