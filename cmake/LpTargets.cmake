# lp_library(NAME [libraries it uses...]): the sources of the current folder as one static library `lp_NAME`.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
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

# Headers that most sources read, parsed once. The builds that people use go without: there a source that forgets an include
# must fail.
if(LP_PRECOMPILE)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
  add_library(lp_precompiled STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(lp_precompiled PUBLIC lp_flags fmt::fmt nlohmann_json::nlohmann_json)
  target_precompile_headers(lp_precompiled PRIVATE <algorithm> <array> <filesystem> <functional> <map> <memory> <optional> <span>
                            <string> <string_view> <unordered_map> <vector> <fmt/format.h> "${CMAKE_SOURCE_DIR}/src/base/json.hpp")
endif()

# Sources of `target` start from the precompiled headers where the build has them.
function(lp_precompiled target)
  if(LP_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM lp_precompiled)
    target_compile_options(${target} PRIVATE -Winvalid-pch)
  endif()
endfunction()

function(lp_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(lp_${name} STATIC ${sources})
  target_link_libraries(lp_${name} PUBLIC lp_flags ${ARGN})
  lp_precompiled(lp_${name})
endfunction()
