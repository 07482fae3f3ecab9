# Finding source files. New files are picked up without editing a list: the build checks the globs.

# carousel_glob(<variable> [RECURSE] <pattern>...)   sorted absolute paths; none is fine
function(carousel_glob variable)
  cmake_parse_arguments(PARSE_ARGV 1 arg "RECURSE" "" "")
  set(mode GLOB)
  if(arg_RECURSE)
    set(mode GLOB_RECURSE)
  endif()
  list(TRANSFORM arg_UNPARSED_ARGUMENTS PREPEND ${PROJECT_SOURCE_DIR}/)
  file(${mode} files CONFIGURE_DEPENDS LIST_DIRECTORIES false ${arg_UNPARSED_ARGUMENTS})
  set(${variable} ${files} PARENT_SCOPE)
endfunction()

# carousel_reuse_pch(<target>)   share the library's precompiled torch.h; the compile options must be the same
function(carousel_reuse_pch target)
  get_target_property(headers carousel PRECOMPILE_HEADERS)
  if(headers)
    target_precompile_headers(${target} REUSE_FROM carousel)
  endif()
endfunction()

# carousel_version_header(<path>)   CAROUSEL_VERSION, CAROUSEL_TORCH_VERSION and CAROUSEL_BLAS for the C++ code
function(carousel_version_header path)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/version.h.in ${path} @ONLY)
endfunction()
