# SPDX-License-Identifier: Apache-2.0
# Builds the house in CMakeLists.txt with one CASE in it, and expects it to stand or to fail for the right reason.
set(sound "")
set(same_floor "right may not depend on left: it is not on a lower floor")
set(upper_floor "cellar may not depend on left: it is not on a lower floor")
set(foreign_header "'left/left.h' file not found|left/left.h: No such file")
set(transitive_header "'cellar/cellar.h' file not found|cellar/cellar.h: No such file")

file(REMOVE_RECURSE ${BINARY})
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCASE=${CASE}
  COMMAND_ECHO NONE OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE failed)
if(NOT failed)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${BINARY} OUTPUT_VARIABLE said ERROR_VARIABLE said RESULT_VARIABLE failed)
endif()
string(REGEX REPLACE "[ \n]+" " " said "${said}")  # CMake breaks its own messages into lines

if("${${CASE}}" STREQUAL "")
  if(failed)
    message(FATAL_ERROR "a sound house did not build: ${said}")
  endif()
elseif(NOT failed)
  message(FATAL_ERROR "the build let ${CASE} pass")
elseif(NOT said MATCHES "${${CASE}}")
  message(FATAL_ERROR "${CASE} failed for another reason than `${${CASE}}`: ${said}")
endif()
