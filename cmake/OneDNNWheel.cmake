# lp_fetch_onednn_wheel(DIR RESULT): the pinned wheels' headers and library in DIR, fetched once with pip, whose hash
# check is what makes the download trustworthy. RESULT is set to DIR. A wheel holds the 54 MB library three times under
# three names; only the one that the loader asks for is kept.
function(lp_fetch_onednn_wheel directory result)
  file(MAKE_DIRECTORY ${LP_DEPS_DIR})
  file(LOCK ${directory}.lock GUARD FUNCTION TIMEOUT 1800)
  if(NOT EXISTS ${directory}/lib/libdnnl.so.3)
    message(STATUS "oneDNN: fetching the wheels onednn-cpu-gomp and onednn-devel-cpu-gomp 2023.2.0 from PyPI (39 MB, once)")
    set(partial ${directory}.partial)
    file(REMOVE_RECURSE ${partial} ${directory})
    lp_make_venv(${LP_DEPS_DIR}/venv)
    execute_process(
      COMMAND ${LP_DEPS_DIR}/venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps
              --only-binary :all: --require-hashes --requirement ${CMAKE_SOURCE_DIR}/cmake/onednn-requirements.txt
              --dest ${partial}/wheels
      RESULT_VARIABLE failed)
    if(failed)
      message(FATAL_ERROR "oneDNN: the wheels could not be fetched from PyPI (pip's reason is above); "
                          "connect and run again, install oneDNN >= 3.3, or build it: -DLP_ONEDNN=source")
    endif()
    file(GLOB wheels ${partial}/wheels/*.whl)
    foreach(wheel IN LISTS wheels)
      file(ARCHIVE_EXTRACT INPUT ${wheel} DESTINATION ${partial})
    endforeach()
    file(GLOB data ${partial}/*.data/data)
    foreach(part IN LISTS data)
      file(COPY ${part}/ DESTINATION ${partial}/tree
           PATTERN libdnnl.so EXCLUDE PATTERN libdnnl.so.3.2 EXCLUDE PATTERN cmake EXCLUDE)
    endforeach()
    if(NOT EXISTS ${partial}/tree/lib/libdnnl.so.3 OR NOT EXISTS ${partial}/tree/include/oneapi/dnnl/dnnl.hpp)
      message(FATAL_ERROR "oneDNN: the wheels in ${partial}/wheels lack lib/libdnnl.so.3 or include/oneapi/dnnl/dnnl.hpp")
    endif()
    file(RENAME ${partial}/tree ${directory})
    file(REMOVE_RECURSE ${partial})
  endif()
  set(${result} ${directory} PARENT_SCOPE)
endfunction()

# A Python environment of the build's own, so that nothing outside the tree is touched.
function(lp_make_venv directory)
  if(EXISTS ${directory}/bin/pip)
    return()
  endif()
  find_program(LP_PYTHON NAMES python3 DOC "Python that fetches wheels")
  if(NOT LP_PYTHON)
    message(FATAL_ERROR "oneDNN: python3 is needed to fetch its wheels; run scripts/setup.sh, or build it: -DLP_ONEDNN=source")
  endif()
  execute_process(COMMAND ${LP_PYTHON} -m venv ${directory} RESULT_VARIABLE failed)
  if(failed)
    file(REMOVE_RECURSE ${directory})
    message(FATAL_ERROR "oneDNN: '${LP_PYTHON} -m venv' failed (reason above); on Debian and Ubuntu: apt-get install python3-venv")
  endif()
endfunction()
