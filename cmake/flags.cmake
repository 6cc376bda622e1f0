# SPDX-License-Identifier: Apache-2.0
# Compiler flags every target of ours shares. Warnings are errors: a warning is either a defect or a line to write better.
add_library(bw_flags INTERFACE)
target_compile_options(bw_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wnon-virtual-dtor -Wold-style-cast -Wno-missing-field-initializers
  -fno-omit-frame-pointer -fvisibility=hidden -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(bw_flags INTERFACE -Wno-gnu-zero-variadic-macro-arguments -Wno-c99-extensions)
else()
  # g++ 12 reads a moved-from std::expected and std::variant as maybe uninitialized; clang, which ships, does not.
  target_compile_options(bw_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
    -Wno-array-bounds -Wno-free-nonheap-object)
endif()
target_compile_definitions(bw_flags INTERFACE
  $<$<CONFIG:Release>:_FORTIFY_SOURCE=2> _GLIBCXX_ASSERTIONS
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_DISABLE_VISIBILITY)
set(BW_SANITIZE "" CACHE STRING "sanitizers for every target, e.g. address,undefined or thread")
if(BW_SANITIZE)
  add_compile_options(-fsanitize=${BW_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${BW_SANITIZE})
endif()
option(BW_FUZZ "build coverage-guided fuzzers (clang)" OFF)
if(BW_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
