# The program as a library, carousel::cli, for programs with cells and tasks of their own; and the pages it writes.

find_package(CLI11 QUIET)
find_package(spdlog QUIET)
find_package(tomlplusplus QUIET)
set(missing "")
foreach(package CLI11 spdlog tomlplusplus)
  if(NOT ${package}_FOUND)
    list(APPEND missing ${package})
  endif()
endforeach()
if(missing)
  list(JOIN missing ", " missing)
  if(CAROUSEL_BUILD_APPS)
    message(FATAL_ERROR "The carousel program needs ${missing}: install them, or set CAROUSEL_BUILD_APPS=OFF.")
  endif()
  message(STATUS "Without ${missing} there is no carousel::cli")
  return()
endif()
include(CarouselEmbed)
include(CarouselPage)

set(program ${PROJECT_SOURCE_DIR}/apps/carousel)
carousel_glob(plain_sources RECURSE apps/carousel/*.cpp)
list(REMOVE_ITEM plain_sources ${program}/main.cpp)
# The rooms and sources that touch tensors. All others are compiled without LibTorch in reach, which is most of the program
# and a third of the time.
carousel_glob(tensor_sources apps/carousel/bench/*.cpp apps/carousel/demo/*.cpp apps/carousel/exchange/*.cpp
  apps/carousel/flow/*.cpp apps/carousel/tables/*.cpp)
foreach(name commands/eval commands/sample commands/sampler compare/compare compare/comparison compare/combinations
        compare/figures compare/ours compare/subject compare/timing predict/answering predict/follow predict/predict predict/rollout runs/device runs/experiment runs/saved_run runs/torch_failure
        train/banner train/spike_watch train/training_run train/training_start)
  list(APPEND tensor_sources ${program}/${name}.cpp)
endforeach()
list(REMOVE_ITEM plain_sources ${tensor_sources})

add_library(carousel_cli_plain OBJECT ${plain_sources})
target_include_directories(carousel_cli_plain PRIVATE ${program} ${PROJECT_SOURCE_DIR}/apps)
target_link_libraries(carousel_cli_plain PRIVATE carousel_base CLI11::CLI11 spdlog::spdlog tomlplusplus::tomlplusplus)
carousel_reuse_pch(carousel_cli_plain carousel_base)
carousel_by_folder(carousel_cli_plain AT_MOST 6 apps/carousel=apps/carousel/terminal apps/carousel/system=apps/carousel/terminal
                   apps/carousel/commands=apps/carousel/train)
foreach(name init cells loop model noise)   # what carousel compare needs
  string(REPLACE init __init__ file ${name})
  carousel_embed(carousel_cli_plain compare/embedded.h torch_${name} ${PROJECT_SOURCE_DIR}/apps/python/carousel_torch/${file}.py)
endforeach()
carousel_embed(carousel_cli_plain train/embedded.h carousel_launch ${PROJECT_SOURCE_DIR}/apps/python/carousel_launch.py)
foreach(name carousel_reference carousel_compare)
  carousel_embed(carousel_cli_plain compare/embedded.h ${name} ${PROJECT_SOURCE_DIR}/apps/python/${name}.py)
endforeach()
carousel_embed(carousel_cli_plain sweep/embedded.h carousel_tune ${PROJECT_SOURCE_DIR}/apps/python/carousel_tune.py)   # and carousel sweep --tuner
if(CAROUSEL_WITHOUT_TORCH)
  return()
endif()

add_library(carousel_cli STATIC ${tensor_sources} $<TARGET_OBJECTS:carousel_cli_plain>)
add_library(carousel::cli ALIAS carousel_cli)
set_target_properties(carousel_cli PROPERTIES EXPORT_NAME cli)
target_include_directories(carousel_cli PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/apps> PRIVATE ${program})
target_link_libraries(carousel_cli PUBLIC carousel carousel_page PRIVATE spdlog::spdlog tomlplusplus::tomlplusplus)
carousel_reuse_pch(carousel_cli carousel)
carousel_by_folder(carousel_cli AT_MOST 5 apps/carousel/commands=apps/carousel/runs)
if(NOT PROJECT_IS_TOP_LEVEL)   # compiled where something links it
  set_target_properties(carousel_page carousel_cli carousel_cli_plain PROPERTIES EXCLUDE_FROM_ALL ON)
endif()
