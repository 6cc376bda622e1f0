# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=DIR -DOUT=FILE.cc "-DFILES=a;b" -P embed.cmake: writes the files' bytes as a table of C++ (cli/templates.h).
set(text "// Made by cmake/embed.cmake.\n#include \"cli/templates.h\"\nnamespace bw::cli {\n")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
  file(READ ${ROOT}/${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND text "static const char file_${index}[] = {${bytes}'\\0'};\n")
  string(APPEND table "  {\"${file}\", {file_${index}, sizeof file_${index} - 1}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT} "${text}const std::vector<TemplateFile>& template_files() {\n  static const std::vector<TemplateFile> files{\n${table}  };\n  return files;\n}\n}  // namespace bw::cli\n")
