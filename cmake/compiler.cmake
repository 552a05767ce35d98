# Compiler settings that hold for every target of the project.
include(CheckCXXCompilerFlag)

add_library(cairn_compiler INTERFACE)
# Files that are compiled together do not see each other's names as their own.
set(shadow -Wshadow)
if(CMAKE_UNITY_BUILD)
  set(shadow $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>)
endif()
target_compile_options(cairn_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion ${shadow} -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-qual -Wimplicit-fallthrough -Wundef -Werror)
# The same bytes from any folder: no object file holds the path that it was built in.
target_compile_options(cairn_compiler INTERFACE "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
target_include_directories(cairn_compiler INTERFACE "${PROJECT_SOURCE_DIR}")
# Also where fmt is not linked: headers that are compiled once for many (layers.cmake) must mean the same to all.
target_compile_definitions(cairn_compiler INTERFACE $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)

if(CAIRN_SANITIZE)
  target_compile_options(cairn_compiler INTERFACE
    "-fsanitize=${CAIRN_SANITIZE}" -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  # AddressSanitizer finds what comes of these, too, and they take a third of the time to compile; the fuzzers have them.
  if(CAIRN_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(cairn_compiler INTERFACE -fno-sanitize=null,alignment,vptr,object-size)
  endif()
  # A target may do without UndefinedBehaviorSanitizer altogether.
  target_compile_options(cairn_compiler INTERFACE
    $<$<BOOL:$<TARGET_PROPERTY:CAIRN_ARITHMETIC_UNCHECKED>>:-fno-sanitize=undefined>)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1")
  target_link_options(cairn_compiler INTERFACE "-fsanitize=${CAIRN_SANITIZE}")
  # GCC takes sanitized std::function members in the standard library's headers for uninitialised.
  target_compile_options(cairn_compiler INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
else()
  target_compile_options(cairn_compiler INTERFACE -g1)
endif()
if(CAIRN_FUZZ)
  target_compile_options(cairn_compiler INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Debug information of the release build stays small, and a broken invariant is counted, not fatal.  The C library
# checks the sizes of buffers; that needs an optimised build.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -D_FORTIFY_SOURCE=2")

# Before the program runs, all addresses of functions are looked up and write-protected.
add_link_options(-Wl,-z,relro,-z,now)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

# The path of a packet crosses folders; in the program its calls are inlined across them (a quarter of the time).
set(CAIRN_WHOLE_PROGRAM OFF)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CAIRN_SANITIZE)
  set(CAIRN_WHOLE_PROGRAM ON)
  # Everything but the program links the ordinary code of the same objects, which is quicker.
  add_link_options(-fno-use-linker-plugin)
  set(CMAKE_AR "${CMAKE_CXX_COMPILER_AR}")
  set(CMAKE_RANLIB "${CMAKE_CXX_COMPILER_RANLIB}")
endif()
