# SPDX-License-Identifier: MIT

# mooring_layer(NAME SOURCES a.c b.c USES base store LIBRARIES PkgConfig::UV)
# One folder of bot/, as a static library that sees only what it names.
function(mooring_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(mooring_${name} STATIC ${ARG_SOURCES})
  target_include_directories(mooring_${name} PUBLIC ${CMAKE_SOURCE_DIR}/bot ${CMAKE_SOURCE_DIR}/plugins)
  list(TRANSFORM ARG_USES PREPEND mooring_)
  target_link_libraries(mooring_${name} PUBLIC ${ARG_USES} ${ARG_LIBRARIES})
endfunction()

# mooring_unit(FOLDER NAME USES layers...): tests/unit/FOLDER/test_NAME.c becomes the test unit/FOLDER/NAME.
function(mooring_unit folder name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  string(REPLACE "/" "_" flat ${folder})
  set(target unit_${flat}_${name})
  add_executable(${target} ${CMAKE_SOURCE_DIR}/tests/unit/${folder}/test_${name}.c ${ARG_SOURCES})
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
  list(TRANSFORM ARG_USES PREPEND mooring_)
  target_link_libraries(${target} PRIVATE ${ARG_USES} ${ARG_LIBRARIES} PkgConfig::CMOCKA)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests/unit)
  add_test(NAME unit/${folder}/${name} COMMAND ${target})
  set_tests_properties(unit/${folder}/${name} PROPERTIES LABELS unit TIMEOUT 120 SKIP_RETURN_CODE 77
    ENVIRONMENT "MOORING_SOURCE_DIR=${CMAKE_SOURCE_DIR};MOORING_BUILD_DIR=${CMAKE_BINARY_DIR}")
endfunction()

# mooring_fuzz(NAME USES layers...): tests/fuzz/fuzz_NAME.c, with its seeds in tests/fuzz/seeds/NAME/.
function(mooring_fuzz name)
  if(NOT MOORING_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;USES;LIBRARIES;INCLUDES" ${ARGN})
  add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c ${ARG_SOURCES})
  target_include_directories(fuzz_${name} PRIVATE ${ARG_INCLUDES})
  list(TRANSFORM ARG_USES PREPEND mooring_)
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_USES} ${ARG_LIBRARIES})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(fuzz_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)
  endif()
  add_dependencies(fuzzers fuzz_${name})
endfunction()
