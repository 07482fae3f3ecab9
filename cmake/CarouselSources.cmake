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

# carousel_reuse_pch(<target> <other>)   share what another target precompiled; the compile options must be the same
function(carousel_reuse_pch target other)
  target_precompile_headers(${target} REUSE_FROM ${other})
endfunction()

# carousel_by_folder(<target> [<folder>=<with>]...)   compile the sources of each folder together, those of a small one with
# another's
function(carousel_by_folder target)
  if(NOT CAROUSEL_UNITY)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    cmake_path(IS_PREFIX PROJECT_SOURCE_DIR ${source} is_source)
    cmake_path(IS_PREFIX PROJECT_BINARY_DIR ${source} is_generated)
    if(is_generated OR NOT is_source OR NOT source MATCHES "[.]cpp$")
      continue()
    endif()
    cmake_path(GET source PARENT_PATH folder)
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    if(folder MATCHES "/kernels$")   # large enough, and each is to change alone
      continue()
    endif()
    foreach(pair IN LISTS ARGN)
      if(pair MATCHES "^${folder}=(.*)$")
        set(folder ${CMAKE_MATCH_1})
      endif()
    endforeach()
    string(MAKE_C_IDENTIFIER ${folder} group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
