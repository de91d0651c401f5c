# lp_build_onednn(VERSION DIR RESULT): oneDNN's pinned source built once into DIR as a static library with the primitives
# that we use and no examples, tests or graph API; RESULT is set to DIR. It is built here, while configuring, and not as
# part of our own build, so that the presets share one optimised library and our warnings and sanitizers stay out of it.
# Without network: -DFETCHCONTENT_SOURCE_DIR_ONEDNN=DIR names an unpacked source.

# The hash is the one that OpenXLA and TensorFlow pin for this archive (third_party/mkl_dnn/workspace.bzl).
set(LP_ONEDNN_SOURCE_URL https://github.com/uxlfoundation/oneDNN/archive/refs/tags/v3.7.3.tar.gz)
set(LP_ONEDNN_SOURCE_SHA256 071f289dc961b43a3b7c8cbe8a305290a7c5d308ec4b2f586397749abdc88296)

set(LP_ONEDNN_PRIMITIVES
  CONVOLUTION DECONVOLUTION MATMUL REORDER POOLING ELTWISE BINARY SOFTMAX LAYER_NORMALIZATION CONCAT RESAMPLING SUM REDUCTION)

function(lp_build_onednn version directory result)
  file(MAKE_DIRECTORY ${LP_DEPS_DIR})
  file(LOCK ${directory}.lock GUARD FUNCTION TIMEOUT 7200)
  if(NOT EXISTS ${directory}/lib/libdnnl.a)
    include(FetchContent)
    set(FETCHCONTENT_BASE_DIR ${LP_DEPS_DIR}/fetch)
    FetchContent_Declare(onednn
      URL ${LP_ONEDNN_SOURCE_URL} URL_HASH SHA256=${LP_ONEDNN_SOURCE_SHA256}
      DOWNLOAD_EXTRACT_TIMESTAMP FALSE
      SOURCE_SUBDIR none)  # only unpacked, not added to our build
    FetchContent_MakeAvailable(onednn)
    message(STATUS "oneDNN: building ${version} from source, once; 10 to 40 minutes of processor time")
    list(JOIN LP_ONEDNN_PRIMITIVES "$<SEMICOLON>" primitives)
    string(REPLACE "$<SEMICOLON>" "\\;" primitives "${primitives}")
    set(build ${LP_DEPS_DIR}/onednn-build)
    execute_process(
      COMMAND ${CMAKE_COMMAND} -S ${onednn_SOURCE_DIR} -B ${build} -G ${CMAKE_GENERATOR}
              -DCMAKE_MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM} -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
              -DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}
              -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON
              -DCMAKE_INSTALL_PREFIX=${directory}.partial -DCMAKE_INSTALL_LIBDIR=lib
              -DONEDNN_LIBRARY_TYPE=STATIC -DONEDNN_CPU_RUNTIME=OMP -DONEDNN_GPU_RUNTIME=NONE
              -DONEDNN_BUILD_EXAMPLES=OFF -DONEDNN_BUILD_TESTS=OFF -DONEDNN_BUILD_GRAPH=OFF -DONEDNN_BUILD_DOC=OFF
              -DONEDNN_ENABLE_WORKLOAD=INFERENCE -DONEDNN_ENABLE_PRIMITIVE=${primitives}
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
    file(RENAME ${directory}.partial ${directory})
    file(REMOVE_RECURSE ${build})
  endif()
  set(${result} ${directory} PARENT_SCOPE)
endfunction()
