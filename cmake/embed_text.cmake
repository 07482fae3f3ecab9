# Run as a script: writes a .cpp that holds the text of files, one after the other, as
# carousel::embedded::<name>. No file at all makes it empty.
#   cmake -DHEADER=page/embedded.h -DNAME=style -DOUTPUT=style.cpp [-DFILES=a|b] -P embed_text.cmake
string(REPLACE "|" ";" files "${FILES}")
set(literals "")
foreach(path IN LISTS files)
  file(READ "${path}" text)
  if(text MATCHES "\\)_embedded_\"")
    message(FATAL_ERROR "${path} contains the end mark of its string literal")
  endif()
  string(APPEND literals "R\"_embedded_(${text})_embedded_\"\n")
endforeach()
file(WRITE "${OUTPUT}.new" "// Written by cmake/embed_text.cmake.
#include \"${HEADER}\"

namespace carousel::embedded {

namespace {
const char text[] = \"\"
${literals};
}  // namespace

const std::string_view ${NAME}{text, sizeof text - 1};

}  // namespace carousel::embedded
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
