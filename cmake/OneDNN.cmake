# oneDNN for src/backends/onednn: the target `lp_onednn_sdk` (headers, library, how a program finds it when it starts).
#
# LP_ONEDNN=auto takes the first that there is: an installed one >= 3.3 that runs on OpenMP; on x86-64 Linux the pinned
# wheels (onednn-requirements.txt: 3.2, its library is copied beside the program); the pinned source, trimmed to the
# primitives that we use and linked in. LP_ONEDNN=system|wheel|source asks for that one. What is fetched is kept in
# LP_DEPS_DIR, which the presets share. Afterwards LP_ONEDNN_VERSION and LP_ONEDNN_ORIGIN say what was taken.
set(LP_ONEDNN auto CACHE STRING "Which oneDNN: auto, system, wheel or source")
set_property(CACHE LP_ONEDNN PROPERTY STRINGS auto system wheel source)
set(LP_DEPS_DIR ${CMAKE_SOURCE_DIR}/build/deps CACHE PATH "Fetched dependencies, shared by the presets")

# An installed one. SYCL and TBB builds are not taken: the process has one OpenMP runtime and its lanes own the cores.
macro(lp_onednn_from_system)
  find_package(dnnl 3.3 CONFIG QUIET)
  if(dnnl_FOUND AND DNNL_CPU_RUNTIME STREQUAL "OMP")
    set(onednn_library DNNL::dnnl)
    set(onednn_version ${dnnl_VERSION})
    set(onednn_origin "system, ${dnnl_DIR}")
  elseif(dnnl_FOUND)
    message(STATUS "oneDNN ${dnnl_VERSION} in ${dnnl_DIR} runs on ${DNNL_CPU_RUNTIME}, not on OpenMP: not taken")
  endif()
endmacro()

macro(lp_onednn_from_wheel)
  set(onednn_version 3.2.0)
  include(OneDNNWheel)
  lp_fetch_onednn_wheel(${LP_DEPS_DIR}/onednn-${onednn_version}-wheel onednn_root)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  file(COPY_FILE ${onednn_root}/lib/libdnnl.so.3 ${CMAKE_BINARY_DIR}/bin/libdnnl.so.3 ONLY_IF_DIFFERENT)
  add_library(lp_dnnl SHARED IMPORTED)
  set_target_properties(lp_dnnl PROPERTIES
    IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/bin/libdnnl.so.3
    IMPORTED_SONAME libdnnl.so.3
    INTERFACE_INCLUDE_DIRECTORIES ${onednn_root}/include)
  # Programs look beside themselves, wherever the folder is moved. The option is in a file, where no shell takes $ORIGIN for
  # one of its variables. CMake adds no path of its own: it would pad it with colons, and each would mean the current folder.
  file(WRITE ${CMAKE_BINARY_DIR}/rpath-origin.txt "-rpath=$ORIGIN\n")
  target_link_options(lp_dnnl INTERFACE "LINKER:@${CMAKE_BINARY_DIR}/rpath-origin.txt")
  set(CMAKE_BUILD_WITH_INSTALL_RPATH ON CACHE BOOL "Programs are built with the library path that they are installed with")
  include(GNUInstallDirs)
  install(FILES ${onednn_root}/lib/libdnnl.so.3 DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${onednn_root}/share/doc/onednn DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/llama-pajamas)
  set(onednn_library lp_dnnl)
  set(onednn_origin "PyPI wheels onednn-cpu-gomp, onednn-devel-cpu-gomp 2023.2.0")
endmacro()

macro(lp_onednn_from_source)
  set(onednn_version 3.7.3)
  include(OneDNNSource)
  lp_build_onednn(${onednn_version} ${LP_DEPS_DIR}/onednn-${onednn_version}-source-${CMAKE_SYSTEM_PROCESSOR} onednn_root)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  add_library(lp_dnnl STATIC IMPORTED)
  set_target_properties(lp_dnnl PROPERTIES
    IMPORTED_LOCATION ${onednn_root}/lib/libdnnl.a
    INTERFACE_INCLUDE_DIRECTORIES ${onednn_root}/include
    INTERFACE_LINK_LIBRARIES "OpenMP::OpenMP_CXX;${CMAKE_DL_LIBS}")
  set(onednn_library lp_dnnl)
  set(onednn_origin "source v${onednn_version}, trimmed")
endmacro()

if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(onednn_has_wheel TRUE)
else()
  set(onednn_has_wheel FALSE)
endif()

set(onednn_library "")
if(LP_ONEDNN MATCHES "^(auto|system)$")
  lp_onednn_from_system()
  if(NOT onednn_library AND LP_ONEDNN STREQUAL "system")
    message(FATAL_ERROR "oneDNN: LP_ONEDNN=system, but no oneDNN >= 3.3 that runs on OpenMP was found; "
                        "give its folder with -DCMAKE_PREFIX_PATH=DIR, or leave LP_ONEDNN out")
  endif()
endif()
if(NOT onednn_library AND LP_ONEDNN MATCHES "^(auto|wheel)$" AND onednn_has_wheel)
  lp_onednn_from_wheel()
elseif(NOT onednn_library AND LP_ONEDNN STREQUAL "wheel")
  message(FATAL_ERROR "oneDNN: LP_ONEDNN=wheel, but there is a wheel for x86-64 Linux only; use LP_ONEDNN=source")
endif()
if(NOT onednn_library AND LP_ONEDNN MATCHES "^(auto|source)$")
  lp_onednn_from_source()
endif()
if(NOT onednn_library)
  message(FATAL_ERROR "oneDNN: LP_ONEDNN=${LP_ONEDNN} is none of auto, system, wheel, source")
endif()

add_library(lp_onednn_sdk INTERFACE)
target_link_libraries(lp_onednn_sdk INTERFACE ${onednn_library})
set(LP_ONEDNN_VERSION ${onednn_version} CACHE INTERNAL "Version of oneDNN that was taken")
set(LP_ONEDNN_ORIGIN ${onednn_origin} CACHE INTERNAL "Where oneDNN was taken from")
message(STATUS "oneDNN ${onednn_version}: ${onednn_origin}")
