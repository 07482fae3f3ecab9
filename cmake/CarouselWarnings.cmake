# Compile options of every target of the project. They are set on the directory, not target by target, because
# a precompiled header can be shared only between targets whose options are the same.

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion)
# g++ 12 sees overlapping copies in "text" + std::string where there are none (its bug 105651)
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# libstdc++ 12 silences its own use of a deprecated function, which clang forgets in a precompiled header; g++ tells of ours
add_compile_options($<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-deprecated-declarations>)
if(CAROUSEL_WERROR)
  add_compile_options(-Werror)
endif()

# errno is never read after a mathematical function; saying so lets the compiler vectorise sqrt and its kin.
# Not -ffast-math: NaN and infinity are things this project has to see.
add_compile_options($<$<NOT:$<CONFIG:Debug>>:-fno-math-errno>)

# Nothing but the kernels gains from more than -O1, which is a third quicker to compile. It comes after the build type's own
# level and wins; a debug build keeps its own, but for the kernels, which would take gigabytes to compile.
add_compile_options($<$<CONFIG:Release,MinSizeRel>:-O1>)
set(carousel_kernel_optimisation $<$<CONFIG:Release,MinSizeRel>:-O3> $<$<CONFIG:Debug>:-O2>)

# The Python package and plug-ins are shared objects that hold the library. Nothing in it is meant to be replaced from outside.
if(NOT APPLE)   # where it is so anyway
  add_compile_options(-fPIC -fno-semantic-interposition)
endif()

if(CAROUSEL_SANITIZE)
  # vptr would need the type information of LibTorch's own classes, which it does not export
  add_compile_options(-fsanitize=${CAROUSEL_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CAROUSEL_SANITIZE} -fno-sanitize=vptr)
  # with its own instrumentation in between g++ takes members of LibTorch's and its own headers for not initialised
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

find_program(CAROUSEL_CCACHE ccache DOC "Compiler cache, used when present")
mark_as_advanced(CAROUSEL_CCACHE)
if(CAROUSEL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # the slackness ccache's manual asks for when there is a precompiled header
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CAROUSEL_CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  add_compile_options("$<$<CXX_COMPILER_ID:Clang,AppleClang>:SHELL:-Xclang -fno-pch-timestamp>")
endif()
