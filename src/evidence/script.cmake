# SPDX-License-Identifier: Apache-2.0
# cmake -DIN=FILE -DOUT=FILE.cc -P script.cmake: the text of a file as evidence::script().
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
file(WRITE ${OUT} "// Made by script.cmake.\n#include \"evidence/script.h\"\nnamespace bw::evidence {\nstatic const char text[] = {${bytes}'\\0'};\nstd::string_view script() { return {text, sizeof text - 1}; }\n}  // namespace bw::evidence\n")
