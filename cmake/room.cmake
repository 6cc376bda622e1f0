# SPDX-License-Identifier: Apache-2.0
# bw_room(NAME policy DEPS domain cel LIBS PkgConfig::RE2): one static library per room.
#
# A room sees only the headers of the rooms it names in DEPS, and may name only rooms on a lower
# floor of src/CMakeLists.txt. Each room publishes one include root that holds a
# link to its own folder and nothing else: an include outside DEPS is a plain "file not found".
# DEPS are public: a room's headers may include the headers of its DEPS, and whoever uses the room sees them too only
# if it names them itself (include roots are not transitive).
#
# Siblings of a source are found by suffix: x_test.cc joins the room's test program, x_bench.cc and x_fuzz.cc become
# programs of their own. Globbing is deliberate: adding a file touches no list, so parallel work does not collide.
function(bw_room)
  cmake_parse_arguments(ROOM "" "NAME" "DEPS;LIBS;TEST_DEPS" ${ARGN})
  set(here ${CMAKE_CURRENT_SOURCE_DIR})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${here}/*.cc)
  set(tests ${sources})
  set(benches ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")

  set(root ${PROJECT_BINARY_DIR}/rooms/${ROOM_NAME})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${here} ${root}/${ROOM_NAME} SYMBOLIC)

  if(NOT sources)  # a room of headers only
    set(sources ${PROJECT_BINARY_DIR}/empty.cc)
    file(TOUCH ${sources})
  endif()
  add_library(bw_${ROOM_NAME} STATIC ${sources})
  add_library(bw::${ROOM_NAME} ALIAS bw_${ROOM_NAME})
  set_property(GLOBAL APPEND PROPERTY BW_ROOMS ${ROOM_NAME})
  set_target_properties(bw_${ROOM_NAME} PROPERTIES BW_FLOOR ${BW_FLOOR} LINKER_LANGUAGE CXX)
  bw_use(bw_${ROOM_NAME} ${ROOM_NAME} "${ROOM_DEPS}")
  target_link_libraries(bw_${ROOM_NAME} PUBLIC ${ROOM_LIBS} PRIVATE bw_flags)

  if(tests)
    add_executable(${ROOM_NAME}_test ${tests})
    bw_use(${ROOM_NAME}_test ${ROOM_NAME} "${ROOM_DEPS};${ROOM_TEST_DEPS}")
    target_link_libraries(${ROOM_NAME}_test PRIVATE bw_${ROOM_NAME} bw_flags GTest::gtest_main)
    target_compile_definitions(${ROOM_NAME}_test PRIVATE BW_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    add_test(NAME ${ROOM_NAME} COMMAND ${ROOM_NAME}_test --gtest_brief=1)
    set_tests_properties(${ROOM_NAME} PROPERTIES LABELS unit)
  endif()
  bw_lone_headers(${ROOM_NAME} "${ROOM_DEPS};${ROOM_TEST_DEPS}")
  foreach(bench IN LISTS benches)
    get_filename_component(name ${bench} NAME_WE)
    set(name ${ROOM_NAME}_${name})
    add_executable(${name} EXCLUDE_FROM_ALL ${bench})
    bw_use(${name} ${ROOM_NAME} "${ROOM_DEPS};${ROOM_TEST_DEPS}")
    target_link_libraries(${name} PRIVATE bw_${ROOM_NAME} bw_flags benchmark::benchmark)
    set_property(GLOBAL APPEND PROPERTY BW_BENCHES ${name})
  endforeach()
  foreach(fuzz IN LISTS fuzzers)
    bw_fuzzer(${ROOM_NAME} ${fuzz} "${ROOM_DEPS};${ROOM_TEST_DEPS}")
  endforeach()
endfunction()

# A header whose .cc includes it first stands on its own feet or does not build. The target `headers` compiles each of the
# others alone.
function(bw_lone_headers room deps)
  set(here ${CMAKE_CURRENT_SOURCE_DIR})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${here} ${here}/*.h)
  set(lone "")
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "\\.h$" ".cc" source ${header})
    if(NOT EXISTS ${here}/${source})
      set(alone ${CMAKE_CURRENT_BINARY_DIR}/headers/${source})
      file(CONFIGURE OUTPUT ${alone} CONTENT "#include \"${room}/${header}\"\n")
      list(APPEND lone ${alone})
    endif()
  endforeach()
  if(lone)
    add_library(${room}_headers OBJECT EXCLUDE_FROM_ALL ${lone})
    bw_use(${room}_headers ${room} "${deps}")
    target_link_libraries(${room}_headers PRIVATE bw_${room} bw_flags)
    set_property(GLOBAL APPEND PROPERTY BW_HEADERS ${room}_headers)
  endif()
endfunction()

# Gives `target` the include roots and libraries of `self` and of each room in `deps`, and of no other room.
function(bw_use target self deps)
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/rooms/${self})
  foreach(dep IN LISTS deps)
    if(dep STREQUAL "")
      continue()
    endif()
    set(floor "")
    if(TARGET bw_${dep})
      get_target_property(floor bw_${dep} BW_FLOOR)
    endif()
    if(floor STREQUAL "" OR NOT floor LESS BW_FLOOR)
      message(FATAL_ERROR "${self} may not depend on ${dep}: it is not on a lower floor (src/CMakeLists.txt)")
    endif()
    target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/rooms/${dep})
    target_link_libraries(${target} PUBLIC bw_${dep})
  endforeach()
endfunction()

# A fuzzer takes libFuzzer's entry point. With BW_FUZZ it is a real coverage-guided fuzzer; otherwise it is linked to a
# small driver that replays its corpus and a fixed number of seeded mutations, so that each test run smokes every parser.
# Its corpus is tests/corpus/<room>_<name>.
function(bw_fuzzer room source deps)
  get_filename_component(name ${source} NAME_WE)
  set(name ${room}_${name})
  set(corpus ${PROJECT_SOURCE_DIR}/tests/corpus/${name})
  if(BW_FUZZ)
    add_executable(${name} ${source})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    if(NOT TARGET bw_fuzz_smoke)
      add_library(bw_fuzz_smoke OBJECT ${PROJECT_SOURCE_DIR}/tests/fuzz_smoke.cc)
      target_link_libraries(bw_fuzz_smoke PUBLIC fmt::fmt PRIVATE bw_flags)
    endif()
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE bw_fuzz_smoke)
    add_test(NAME ${name} COMMAND ${name} ${corpus})
    set_tests_properties(${name} PROPERTIES LABELS fuzz)
  endif()
  bw_use(${name} ${room} "${deps}")
  target_link_libraries(${name} PRIVATE bw_${room} bw_flags)
  set_property(GLOBAL APPEND PROPERTY BW_FUZZERS ${name})
endfunction()

# Programs that no ordinary build makes, as the target `name`; their names, one a line, stand in NAME.txt of the build.
function(bw_programs name property)
  get_property(programs GLOBAL PROPERTY ${property})
  add_custom_target(${name} DEPENDS ${programs})
  list(TRANSFORM programs APPEND "\n")
  string(CONCAT lines ${programs})
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/${name}.txt CONTENT "${lines}")
endfunction()
