# Builds for 64-bit ARM Linux on another processor, with Debian's and Ubuntu's cross compiler, and runs the tests in QEMU.
# CONTRIBUTING.md has the commands.
#
# LP_SYSROOT: a folder with the ARM64 libraries that the build needs, as mmdebstrap unpacks them. QEMU_CPU in the environment
# picks the processor that the tests see, for example cortex-a72.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

set(LP_SYSROOT "" CACHE PATH "Folder with the ARM64 libraries")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES LP_SYSROOT)
if(NOT EXISTS ${LP_SYSROOT}/usr/include)
  message(FATAL_ERROR "LP_SYSROOT='${LP_SYSROOT}' has no usr/include: give a folder with the ARM64 libraries, -DLP_SYSROOT=DIR "
                      "(CONTRIBUTING.md says how one is made)")
endif()
set(CMAKE_SYSROOT ${LP_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${LP_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${LP_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${LP_SYSROOT}/usr/share/pkgconfig)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${LP_SYSROOT})
