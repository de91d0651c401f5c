# lp_build_onednn(VERSION DIR RESULT): oneDNN's pinned source built once into DIR as a static library with the primitives
# that we use and no examples, tests or graph API; RESULT is set to DIR. It is built here, while configuring, and not as
# part of our own build, so that the presets share one optimised library and our warnings and sanitizers stay out of it.
# Without network: -DFETCHCONTENT_SOURCE_DIR_ONEDNN=DIR names an unpacked source. A library that was built for other
# primitives, another compiler or another source is built anew: DIR/built-as.txt holds what it was built with.

# The hash is the one that OpenXLA and TensorFlow pin for this archive (third_party/mkl_dnn/workspace.bzl).
set(LP_ONEDNN_SOURCE_URL https://github.com/uxlfoundation/oneDNN/archive/refs/tags/v3.7.3.tar.gz)
set(LP_ONEDNN_SOURCE_SHA256 071f289dc961b43a3b7c8cbe8a305290a7c5d308ec4b2f586397749abdc88296)

# Those whose classes src/backends/onednn uses; another one is refused when a plan is made, as `unimplemented`.
set(LP_ONEDNN_PRIMITIVES BINARY CONVOLUTION ELTWISE MATMUL POOLING REORDER)

function(lp_build_onednn version directory result)
  set(options
      -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON
      -DONEDNN_LIBRARY_TYPE=STATIC -DONEDNN_CPU_RUNTIME=OMP -DONEDNN_GPU_RUNTIME=NONE
      -DONEDNN_BUILD_EXAMPLES=OFF -DONEDNN_BUILD_TESTS=OFF -DONEDNN_BUILD_GRAPH=OFF
      -DONEDNN_ENABLE_WORKLOAD=INFERENCE)
  foreach(variable IN ITEMS CMAKE_TOOLCHAIN_FILE LP_SYSROOT CMAKE_OSX_ARCHITECTURES CMAKE_OSX_DEPLOYMENT_TARGET OpenMP_ROOT)
    if(${variable})
      list(APPEND options -D${variable}=${${variable}})
    endif()
  endforeach()
  set(compiler "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  set(built_as "oneDNN ${version} ${FETCHCONTENT_SOURCE_DIR_ONEDNN}, ${compiler}\n${options} ${LP_ONEDNN_PRIMITIVES}\n")

  file(MAKE_DIRECTORY ${LP_DEPS_DIR})
  file(LOCK ${directory}.lock GUARD FUNCTION TIMEOUT 7200)
  set(there "")
  if(EXISTS ${directory}/built-as.txt)
    file(READ ${directory}/built-as.txt there)
  endif()
  if(NOT there STREQUAL built_as)
    include(FetchContent)
    set(FETCHCONTENT_BASE_DIR ${LP_DEPS_DIR}/fetch)
    FetchContent_Declare(onednn
      URL ${LP_ONEDNN_SOURCE_URL} URL_HASH SHA256=${LP_ONEDNN_SOURCE_SHA256}
      DOWNLOAD_EXTRACT_TIMESTAMP FALSE
      SOURCE_SUBDIR none)  # only unpacked, not added to our build
    FetchContent_MakeAvailable(onednn)
    message(STATUS "oneDNN: building ${version} from source for ${CMAKE_SYSTEM_PROCESSOR}, once; "
                   "an hour of processor time or more")
    set(build ${directory}.build)
    file(REMOVE_RECURSE ${directory}.partial)
    execute_process(
      COMMAND ${CMAKE_COMMAND} -S ${onednn_SOURCE_DIR} -B ${build} -G ${CMAKE_GENERATOR}
              -DCMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}
              -DCMAKE_INSTALL_PREFIX=${directory}.partial -DCMAKE_INSTALL_LIBDIR=lib ${options}
              "-DONEDNN_ENABLE_PRIMITIVE=${LP_ONEDNN_PRIMITIVES}"
      RESULT_VARIABLE failed)
    if(NOT failed)
      cmake_host_system_information(RESULT memory_mb QUERY TOTAL_PHYSICAL_MEMORY)
      cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
      math(EXPR jobs "${memory_mb} / 2048")  # a compiler process takes up to 2 GB on the largest files
      if(jobs GREATER cores)
        set(jobs ${cores})
      elseif(jobs LESS 1)
        set(jobs 1)
      endif()
      execute_process(COMMAND ${CMAKE_COMMAND} --build ${build} --target install --parallel ${jobs} RESULT_VARIABLE failed)
    endif()
    if(failed)
      message(FATAL_ERROR "oneDNN: building ${onednn_SOURCE_DIR} failed (reason above)")
    endif()
    file(WRITE ${directory}.partial/built-as.txt "${built_as}")
    file(REMOVE_RECURSE ${directory})
    file(RENAME ${directory}.partial ${directory})
    file(REMOVE_RECURSE ${build})
  endif()
  set(${result} ${directory} PARENT_SCOPE)
endfunction()
