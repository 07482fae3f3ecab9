# carousel_embed(<target> <header> <name> <file>...)   compiles the text of the files into the target as
# carousel::embedded::<name>, which the header declares
function(carousel_embed target header name)
  set(source ${PROJECT_BINARY_DIR}/generated/${target}/${name}.cpp)
  list(JOIN ARGN "|" files)
  add_custom_command(OUTPUT ${source} VERBATIM COMMENT "Embedding ${name}"
    COMMAND ${CMAKE_COMMAND} -DHEADER=${header} -DNAME=${name} -DOUTPUT=${source} "-DFILES=${files}"
            -P ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake)
  set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
    COMPILE_OPTIONS -Wno-overlength-strings)   # a limit of old compilers
  target_sources(${target} PRIVATE ${source})
endfunction()
