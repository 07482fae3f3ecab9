# What the processes of one training speak by: Gloo, whose headers Debian has (the rest is in LibTorch), and NCCL where LibTorch has
# CUDA and the packages beside it, or the system, have the headers. Defines CAROUSEL_GLOO_INCLUDE and
#   carousel_choose_processes(SOURCES)   leaves in the list of that name what is compiled of src/train/processes
include_guard(GLOBAL)

find_path(CAROUSEL_GLOO_INCLUDE gloo/context.h)

# Whether c10d's header of NCCL compiles, once: the packages beside LibTorch lack some of the toolkit's headers that it includes.
function(carousel_probe_nccl)
  if(DEFINED CACHE{CAROUSEL_NCCL_COMPILES})
    return()
  endif()
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)   # nothing is linked
  try_compile(compiles SOURCE_FROM_CONTENT nccl.cpp "#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>\n"
    COMPILE_DEFINITIONS -DUSE_C10D_NCCL -I${CAROUSEL_NCCL_INCLUDE} -I${CAROUSEL_CUDA_INCLUDE}
    LINK_LIBRARIES carousel::torch CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON NO_CACHE)
  set(CAROUSEL_NCCL_COMPILES ${compiles} CACHE INTERNAL "Whether the headers of NCCL and CUDA are complete")
endfunction()

set(carousel_processes ${PROJECT_SOURCE_DIR}/src/train/processes)
set(carousel_nccl_includes)
if(EXISTS "${carousel_torch_root}/lib/libtorch_cuda.so")
  file(GLOB beside LIST_DIRECTORIES true ${carousel_torch_root}/../nvidia/*/include)
  find_path(CAROUSEL_NCCL_INCLUDE nccl.h HINTS ${beside})
  find_path(CAROUSEL_CUDA_INCLUDE cuda_runtime.h HINTS ${beside} /usr/local/cuda/include)
  if(CAROUSEL_NCCL_INCLUDE AND CAROUSEL_CUDA_INCLUDE)
    carousel_probe_nccl()
  endif()
  if(CAROUSEL_NCCL_COMPILES)
    set(carousel_nccl_includes ${CAROUSEL_NCCL_INCLUDE} ${CAROUSEL_CUDA_INCLUDE})
  else()
    message(STATUS "Without the headers of NCCL and of CUDA's toolkit Gloo carries what processes send, also from CUDA")
  endif()
endif()

function(carousel_choose_processes name)
  set(with bounded_store.cpp c10d_group.cpp meeting.cpp watched_gloo.cpp)
  list(TRANSFORM with PREPEND ${carousel_processes}/)
  set(nccl ${carousel_processes}/nccl.cpp)
  set(without_nccl ${carousel_processes}/without_nccl.cpp)
  if(NOT CAROUSEL_GLOO_INCLUDE)
    message(STATUS "Without Gloo's headers a training is of one process")
    set(not ${with} ${nccl} ${without_nccl})
  elseif(carousel_nccl_includes)
    set(not ${carousel_processes}/without_c10d.cpp ${without_nccl})
  else()
    set(not ${carousel_processes}/without_c10d.cpp ${nccl})
  endif()
  list(REMOVE_ITEM ${name} ${not})
  set(${name} ${${name}} PARENT_SCOPE)
  foreach(source ${with} ${nccl} ${without_nccl})   # what these include is nobody else's
    set_source_files_properties(${source} PROPERTIES SKIP_PRECOMPILE_HEADERS ON SKIP_UNITY_BUILD_INCLUSION ON
                                COMPILE_OPTIONS "-idirafter;${CAROUSEL_GLOO_INCLUDE}")
  endforeach()
  list(TRANSFORM carousel_nccl_includes PREPEND "-idirafter;" OUTPUT_VARIABLE cuda)
  set_source_files_properties(${nccl} PROPERTIES COMPILE_DEFINITIONS USE_C10D_NCCL
                              COMPILE_OPTIONS "-idirafter;${CAROUSEL_GLOO_INCLUDE};${cuda}")
endfunction()
