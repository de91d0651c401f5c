# lp_library(NAME [RUNS_ONCE] [libraries it uses...]): the sources of the current folder as one static library `lp_NAME`;
# RUNS_ONCE: see lp_runs_once.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache keeps nothing that was made with precompiled headers unless told that dates and unused macros in them don't count.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

add_library(lp_flags INTERFACE)
target_compile_options(lp_flags INTERFACE -Wall -Wextra -Wconversion -Wno-missing-field-initializers
                       -fno-math-errno -fno-trapping-math  # no one reads errno or traps: lets compilers vectorise min, max, rint
                       $<$<BOOL:${LP_WERROR}>:-Werror>)
target_include_directories(lp_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_link_libraries(lp_flags INTERFACE OpenMP::OpenMP_CXX)
if(LP_SANITIZE)
  target_compile_options(lp_flags INTERFACE -fsanitize=${LP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lp_flags INTERFACE -fsanitize=${LP_SANITIZE})
endif()
if(LP_FUZZ)
  target_compile_options(lp_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Headers that most sources read, parsed once for each level of optimisation in use. tools/tidy.sh reads changed sources of src/
# without them: one that forgets an include fails there.
# What ccache needs to keep what was made with them (its manual, "Precompiled headers").
set(LP_PRECOMPILED_FLAGS "$<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>"
                         "$<$<CXX_COMPILER_ID:Clang,AppleClang>:SHELL:-Xclang -fno-pch-timestamp>")
function(lp_precompiled_headers name)
  file(WRITE ${CMAKE_BINARY_DIR}/${name}.cpp "")
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PUBLIC lp_flags fmt::fmt nlohmann_json::nlohmann_json)
  target_compile_options(${name} PRIVATE ${ARGN} ${LP_PRECOMPILED_FLAGS})
  target_precompile_headers(${name} PRIVATE <algorithm> <array> <filesystem> <functional> <map> <memory> <optional> <span>
                            <string> <string_view> <unordered_map> <vector> <fmt/format.h> "${CMAKE_SOURCE_DIR}/src/base/json.hpp")
endfunction()
if(LP_PRECOMPILE)
  lp_precompiled_headers(lp_precompiled)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    lp_precompiled_headers(lp_precompiled_once -O1)
  endif()
endif()

# Sources of `target` start from the precompiled headers where the build has them.
function(lp_precompiled target)
  if(NOT LP_PRECOMPILE)
    return()
  endif()
  get_target_property(once ${target} LP_RUNS_ONCE)
  if(once AND TARGET lp_precompiled_once)
    target_precompile_headers(${target} REUSE_FROM lp_precompiled_once)
  else()
    target_precompile_headers(${target} REUSE_FROM lp_precompiled)
  endif()
  target_compile_options(${target} PRIVATE -Winvalid-pch ${LP_PRECOMPILED_FLAGS})
endfunction()

# What `target` does, it does once for a file, a graph or a command: no loop over samples, so that -O1 is as fast to run, and a
# third faster to compile.
function(lp_runs_once target)
  set_target_properties(${target} PROPERTIES LP_RUNS_ONCE TRUE)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

function(lp_library name)
  cmake_parse_arguments(arg "RUNS_ONCE" "" "" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(lp_${name} STATIC ${sources})
  target_link_libraries(lp_${name} PUBLIC lp_flags ${arg_UNPARSED_ARGUMENTS})
  if(arg_RUNS_ONCE)
    lp_runs_once(lp_${name})
  endif()
  lp_precompiled(lp_${name})
endfunction()
