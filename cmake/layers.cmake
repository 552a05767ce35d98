# One folder is one library, and dependency arrows only point down the data path.
#
#   cairn_library(FOLDER detector/correlator/timing
#                 SOURCES a.cc b.cc
#                 USES capture detector/sensor/connections     # project folders it may include
#                 LINKS PkgConfig::PCAP                 # third-party targets
#                 PER_PACKET                            # its calls are too frequent to stay calls
#                 PER_RUN                               # done once: compiling it fast is worth more
#                 ALONE b.cc                            # not compiled together with others: its headers do not agree
#                 PRECOMPILE <heavy.hpp>)               # a header of its own that most files include
#
# Includes are written from the project's root, so the compiler alone would let any folder include any other.  The
# check below runs in every build of the library and fails it when a file includes a folder that is not in USES (or,
# through them, below).

function(cairn_folder_target folder out)
  string(REPLACE "/" "_" name "cairn_${folder}")
  set(${out} ${name} PARENT_SCOPE)
endfunction()

# The headers that most files begin with take most of the time to compile them.  Libraries with the same flags share
# what was made of them once; a file with flags of its own must not (SKIP_PRECOMPILE_HEADERS).
function(cairn_precompile target flags precompile)
  string(MAKE_C_IDENTIFIER "cairn_headers${flags}${precompile}" shared)
  if(NOT TARGET ${shared})
    file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/${shared}.cc" CONTENT "")
    add_library(${shared} OBJECT "${CMAKE_BINARY_DIR}/${shared}.cc")
    target_link_libraries(${shared} PRIVATE cairn_compiler fmt::fmt)
    target_compile_options(${shared} PRIVATE ${flags})
    target_precompile_headers(${shared} PRIVATE
      <algorithm> <array> <functional> <memory> <optional> <string> <string_view> <vector>
      <absl/container/flat_hash_map.h> <absl/status/statusor.h> <fmt/format.h> ${precompile})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${shared})
endfunction()

function(cairn_library)
  cmake_parse_arguments(ARG "PER_PACKET;PER_RUN" "FOLDER" "SOURCES;USES;LINKS;PRECOMPILE;ALONE" ${ARGN})
  cairn_folder_target(${ARG_FOLDER} target)
  add_library(${target} STATIC ${ARG_SOURCES})
  set(flags "")
  if(ARG_PER_PACKET AND CAIRN_WHOLE_PROGRAM)
    # Ordinary code for the tests, and beside it what the linker needs to optimise the program as a whole.
    list(APPEND flags -flto=auto -ffat-lto-objects)
  endif()
  if(CAIRN_SANITIZE AND NOT ARG_PER_PACKET)
    # Optimising it takes longer than all tests of it.
    list(APPEND flags -O0)
  elseif(ARG_PER_RUN)
    list(APPEND flags -O1)
  endif()
  target_compile_options(${target} PRIVATE ${flags})
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  cairn_precompile(${target} "${flags}" "${ARG_PRECOMPILE}")
  target_link_libraries(${target} PUBLIC cairn_compiler ${ARG_LINKS})
  set(allowed ${ARG_FOLDER})
  if(NOT ARG_FOLDER STREQUAL "base")
    list(PREPEND ARG_USES base)
  endif()
  foreach(used IN LISTS ARG_USES)
    cairn_folder_target(${used} used_target)
    if(NOT TARGET ${used_target})
      message(FATAL_ERROR "${ARG_FOLDER} uses ${used}, which is not below it in the data path")
    endif()
    target_link_libraries(${target} PUBLIC ${used_target})
    get_target_property(below ${used_target} CAIRN_ALLOWED_FOLDERS)
    list(APPEND allowed ${used} ${below})
  endforeach()
  list(REMOVE_DUPLICATES allowed)
  set_target_properties(${target} PROPERTIES CAIRN_ALLOWED_FOLDERS "${allowed}")
  string(REPLACE ";" "," allowed_words "${allowed}")
  file(GLOB headers CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.h")
  set(stamp "${CMAKE_CURRENT_BINARY_DIR}/${target}.layers")
  add_custom_command(
    OUTPUT "${stamp}"
    COMMAND ${CMAKE_COMMAND} -D "ROOT=${PROJECT_SOURCE_DIR}" -D "FOLDER=${ARG_FOLDER}"
            -D "ALLOWED=${allowed_words}" -P "${PROJECT_SOURCE_DIR}/cmake/check_layers.cmake"
    COMMAND ${CMAKE_COMMAND} -E touch "${stamp}"
    DEPENDS ${ARG_SOURCES} ${headers} "${PROJECT_SOURCE_DIR}/cmake/check_layers.cmake"
    COMMENT "Checking what ${ARG_FOLDER} includes")
  add_custom_target(${target}_layers DEPENDS "${stamp}")
  add_dependencies(${target} ${target}_layers)
endfunction()
