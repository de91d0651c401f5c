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
if(LP_SANITIZE)
  target_compile_options(lp_flags INTERFACE -fsanitize=${LP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lp_flags INTERFACE -fsanitize=${LP_SANITIZE})
endif()
if(LP_FUZZ)
  target_compile_options(lp_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

function(lp_library name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(lp_${name} STATIC ${sources})
  target_link_libraries(lp_${name} PUBLIC lp_flags ${ARGN})
endfunction()
