# Finds LibTorch and refuses one that cannot work. Defines
#   carousel::torch           headers, libraries, OpenMP
#   CAROUSEL_TORCH_VERSION    such as 2.13.0
#   CAROUSEL_BLAS             such as mkl
#   CAROUSEL_TORCH_PYTHON     the Python whose package it is; "" where it is none
# Looked at in this order: CAROUSEL_TORCH (variable, then environment: the folder of an unpacked LibTorch or a CMake
# prefix), of a wheel the torch of the Python that makes it, Torch_DIR, CMAKE_PREFIX_PATH, the virtual environment of the launcher, the torch of the active Python.
#
# find_package(Torch) is not used for the target itself: its target puts LibTorch's include folder, which carries
# its own copy of fmt, in front of the system's, and a CUDA build would ask for a CUDA toolkit that nothing here needs.
include_guard(GLOBAL)

set(CAROUSEL_TORCH_MINIMUM 2.13)   # the oldest version the tests run with
set(CAROUSEL_TORCH "" CACHE PATH "Folder of LibTorch, or a CMake prefix that holds it")

function(carousel_find_torch result)
  file(GLOB own LIST_DIRECTORIES true ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/torch)
  set(suffixes share/cmake/Torch libtorch/share/cmake/Torch lib/cmake/Torch Torch .)
  set(explicit ${CAROUSEL_TORCH})
  if(NOT explicit)
    set(explicit $ENV{CAROUSEL_TORCH})
  endif()
  if(NOT explicit AND SKBUILD)   # a wheel is made for the Python that makes it
    carousel_python_torch(explicit)
  endif()
  if(explicit)
    find_path(dir TorchConfig.cmake NO_CACHE NO_DEFAULT_PATH PATHS ${explicit} PATH_SUFFIXES ${suffixes})
    if(NOT dir)
      message(FATAL_ERROR "CAROUSEL_TORCH is ${explicit}, which holds no LibTorch (no share/cmake/Torch/"
              "TorchConfig.cmake): set it to the folder of an unpacked LibTorch ${CAROUSEL_TORCH_MINIMUM} or later.")
    endif()
  else()
    cmake_path(CONVERT "$ENV{CMAKE_PREFIX_PATH}" TO_CMAKE_PATH_LIST prefixes)
    find_path(dir TorchConfig.cmake NO_CACHE NO_DEFAULT_PATH PATH_SUFFIXES ${suffixes}
              PATHS ${Torch_DIR} ${CMAKE_PREFIX_PATH} ${prefixes} ${CAROUSEL_TORCH_FOUND} ${own})
    if(NOT dir)
      carousel_python_torch(python_torch)
      find_path(dir TorchConfig.cmake NO_CACHE NO_DEFAULT_PATH PATH_SUFFIXES ${suffixes} PATHS ${python_torch})
    endif()
  endif()
  if(NOT dir)
    message(FATAL_ERROR "No LibTorch found in CMAKE_PREFIX_PATH or in the active Python: start ./carousel, which "
            "fetches one, or set CAROUSEL_TORCH to the folder of LibTorch ${CAROUSEL_TORCH_MINIMUM} or later.")
  endif()
  string(REGEX REPLACE "/[./]*$" "" dir ${dir})
  set(${result} ${dir} PARENT_SCOPE)
endfunction()

# The folder of the active Python's torch, found without importing it (an import takes seconds). pip builds a wheel in a Python
# whose PYTHONPATH hides what is installed: -E looks past it.
function(carousel_python_torch result)
  set(python python3)
  if(SKBUILD)
    set(python ${Python_EXECUTABLE} -E)
  endif()
  execute_process(
    COMMAND ${python} -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    set(folder "")
  endif()
  set(${result} ${folder} PARENT_SCOPE)
endfunction()

function(carousel_torch_version dir result)
  set(PACKAGE_FIND_VERSION 0)
  set(PACKAGE_VERSION "unknown")
  include(${dir}/TorchConfigVersion.cmake OPTIONAL)
  set(${result} ${PACKAGE_VERSION} PARENT_SCOPE)
endfunction()

# An imported target for LibTorch as installed under root (include/, lib/).
function(carousel_import_torch root)
  find_library(torch torch NO_CACHE NO_DEFAULT_PATH PATHS ${root}/lib)
  find_library(torch_cpu torch_cpu NO_CACHE NO_DEFAULT_PATH PATHS ${root}/lib)
  find_library(c10 c10 NO_CACHE NO_DEFAULT_PATH PATHS ${root}/lib)
  if(NOT torch_cpu OR NOT c10 OR NOT EXISTS ${root}/include/torch/csrc/api/include/torch/torch.h)
    message(FATAL_ERROR "The LibTorch in ${root} is incomplete (shared libraries torch_cpu and c10 and the C++ headers "
            "are needed): unpack or install LibTorch ${CAROUSEL_TORCH_MINIMUM} or later again.")
  endif()
  add_library(carousel::torch INTERFACE IMPORTED GLOBAL)
  # -idirafter and not -isystem: LibTorch's copy of fmt must not hide the system's from spdlog
  target_compile_options(carousel::torch INTERFACE
    "SHELL:-idirafter ${root}/include" "SHELL:-idirafter ${root}/include/torch/csrc/api/include")
  target_compile_definitions(carousel::torch INTERFACE USE_DISTRIBUTED USE_C10D_GLOO)
  target_link_libraries(carousel::torch INTERFACE ${torch_cpu} ${c10})
  find_library(torch_cuda torch_cuda NO_CACHE NO_DEFAULT_PATH PATHS ${root}/lib)
  if(torch_cuda)   # nothing here calls it; it registers the device when it is loaded
    target_link_libraries(carousel::torch INTERFACE "-Wl,--no-as-needed,\"${torch_cuda}\" -Wl,--as-needed")
  endif()
endfunction()

# at::parallel_for lives in a header and runs serially in code compiled without OpenMP. The process must load one
# OpenMP runtime only: with g++ that is the one LibTorch brings along. clang needs its own, which, linked first,
# also answers LibTorch's calls.
function(carousel_add_openmp root)
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(NOT OpenMP_CXX_FOUND)
    message(STATUS "No OpenMP for this compiler: LibTorch's own operations use all cores, the fused engine one")
    return()
  endif()
  file(GLOB runtime ${root}/lib/libgomp*.so*)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND runtime)
    list(GET runtime 0 runtime)
    target_compile_options(carousel::torch INTERFACE ${OpenMP_CXX_FLAGS})
    target_link_libraries(carousel::torch INTERFACE ${runtime})
  else()
    get_target_property(libraries carousel::torch INTERFACE_LINK_LIBRARIES)
    set_target_properties(carousel::torch PROPERTIES INTERFACE_LINK_LIBRARIES "OpenMP::OpenMP_CXX;${libraries}")
  endif()
endfunction()

# Compiles, links and runs a program that prints how LibTorch was built.
function(carousel_probe_torch root result)
  try_run(exit_code compiled SOURCE_FROM_CONTENT probe.cpp
    "#include <ATen/Version.h>\n#include <cstdio>\nint main() { std::puts(at::show_config().c_str()); }\n"
    LINK_LIBRARIES carousel::torch CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON NO_CACHE
    COMPILE_OUTPUT_VARIABLE log RUN_OUTPUT_VARIABLE config)
  if(NOT compiled AND log MATCHES "undefined[^\n]*cxx11")
    message(FATAL_ERROR "The LibTorch in ${root} was built with the C++ ABI from before C++11, which this compiler does "
            "not speak: take the build named cxx11-abi.")
  elseif(NOT compiled)
    message(FATAL_ERROR "A minimal program does not compile with the LibTorch in ${root} and ${CMAKE_CXX_COMPILER}: "
            "take another LibTorch (CAROUSEL_TORCH) or compiler (CXX).\n${log}")
  elseif(NOT exit_code STREQUAL 0)
    message(FATAL_ERROR "A minimal program linked with the LibTorch in ${root} does not run (exit code ${exit_code}): "
            "take a LibTorch made for this machine.\n${config}")
  endif()
  set(${result} "${config}" PARENT_SCOPE)
endfunction()

# A recurrent net is matrix products: with the reference BLAS it is ten times slower, and nothing would say why.
function(carousel_check_blas root config result)
  set(blas none)
  if(config MATCHES "BLAS_INFO=([A-Za-z0-9_]+)")
    string(TOLOWER ${CMAKE_MATCH_1} blas)
  endif()
  if(NOT blas MATCHES "^(mkl|open|openblas|flame|blis|nvpl|accelerate|veclib|atlas|essl|armpl|apl|flexi|flexiblas)$")
    message(FATAL_ERROR "The LibTorch in ${root} multiplies matrices with a slow BLAS (${blas}): take a build with MKL, "
            "OpenBLAS, BLIS, NVPL or Accelerate, such as the torch package of version ${CAROUSEL_TORCH_MINIMUM}.")
  endif()
  set(${result} ${blas} PARENT_SCOPE)
endfunction()

carousel_find_torch(carousel_torch_dir)
carousel_torch_version(${carousel_torch_dir} CAROUSEL_TORCH_VERSION)
string(REGEX REPLACE "/(share|lib)/cmake/Torch$" "" carousel_torch_root ${carousel_torch_dir})
if(CAROUSEL_TORCH_VERSION VERSION_LESS CAROUSEL_TORCH_MINIMUM)
  message(FATAL_ERROR "LibTorch ${CAROUSEL_TORCH_VERSION} in ${carousel_torch_root} is too old: set CAROUSEL_TORCH to the "
          "folder of LibTorch ${CAROUSEL_TORCH_MINIMUM} or later, or start ./carousel, which fetches one.")
endif()
file(STRINGS ${carousel_torch_dir}/TorchConfig.cmake carousel_old_abi REGEX "_GLIBCXX_USE_CXX11_ABI=0")
if(carousel_old_abi)
  message(FATAL_ERROR "The LibTorch in ${carousel_torch_root} was built with the C++ ABI from before C++11, which this "
          "compiler does not use by default: take the build named cxx11-abi.")
endif()
carousel_import_torch(${carousel_torch_root})
carousel_add_openmp(${carousel_torch_root})

# Configuring again, perhaps from a shell with another environment, finds the same one.
set(CAROUSEL_TORCH_FOUND ${carousel_torch_dir} CACHE INTERNAL "Folder of TorchConfig.cmake")

# The answer is kept, so that configuring again is quick; another LibTorch or compiler asks again.
set(carousel_torch_key "${carousel_torch_root} ${CAROUSEL_TORCH_VERSION} ${CMAKE_CXX_COMPILER} ${CMAKE_CXX_COMPILER_VERSION}")
if(NOT CAROUSEL_TORCH_CHECKED STREQUAL carousel_torch_key)
  carousel_probe_torch(${carousel_torch_root} carousel_torch_config)
  carousel_check_blas(${carousel_torch_root} "${carousel_torch_config}" carousel_blas)
  set(CAROUSEL_BLAS ${carousel_blas} CACHE INTERNAL "BLAS of LibTorch")
  set(CAROUSEL_TORCH_CHECKED ${carousel_torch_key} CACHE INTERNAL "LibTorch and compiler that passed the check")
  message(STATUS "LibTorch ${CAROUSEL_TORCH_VERSION} in ${carousel_torch_root}, BLAS ${CAROUSEL_BLAS}")
endif()

# LibTorch in <environment>/lib/python3.x/site-packages/torch belongs to <environment>/bin/python
string(REGEX REPLACE "/lib/python3[^/]*/(site|dist)-packages/torch$" "/bin/python" CAROUSEL_TORCH_PYTHON "${carousel_torch_root}")
if(CAROUSEL_TORCH_PYTHON STREQUAL carousel_torch_root OR NOT EXISTS "${CAROUSEL_TORCH_PYTHON}")
  set(CAROUSEL_TORCH_PYTHON "")
endif()
