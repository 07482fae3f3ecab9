# The carousel program and the worked examples.

find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
include(CarouselEmbed)
include(CarouselPage)

set(program ${PROJECT_SOURCE_DIR}/apps/carousel)
carousel_glob(plain_sources RECURSE apps/carousel/*.cpp)
list(REMOVE_ITEM plain_sources ${program}/main.cpp)
# The rooms and sources that touch tensors. All others are compiled without LibTorch in reach, which is most of the program
# and a third of the time.
carousel_glob(tensor_sources apps/carousel/bench/*.cpp apps/carousel/demo/*.cpp apps/carousel/exchange/*.cpp
  apps/carousel/flow/*.cpp)
foreach(name commands/eval commands/sample commands/sampler compare/compare compare/comparison compare/combinations compare/figures compare/ours
        compare/subject compare/timing runs/experiment runs/saved_run runs/torch_failure train/banner train/spike_watch train/training_run
        train/training_start)
  list(APPEND tensor_sources ${program}/${name}.cpp)
endforeach()
list(REMOVE_ITEM plain_sources ${tensor_sources})

add_library(carousel_cli STATIC ${tensor_sources})
add_library(carousel::cli ALIAS carousel_cli)
add_library(carousel_cli_plain OBJECT ${plain_sources})
foreach(target carousel_cli carousel_cli_plain)
  target_include_directories(${target} PRIVATE ${program})
endforeach()
target_include_directories(carousel_cli PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/apps>)   # for carousel/cli.h
target_link_libraries(carousel_cli PUBLIC carousel carousel_page PRIVATE CLI11::CLI11 spdlog::spdlog tomlplusplus::tomlplusplus)
target_link_libraries(carousel_cli_plain PRIVATE carousel_base carousel_page CLI11::CLI11 spdlog::spdlog tomlplusplus::tomlplusplus)
target_sources(carousel_cli PRIVATE $<TARGET_OBJECTS:carousel_cli_plain>)
carousel_reuse_pch(carousel_cli carousel)
carousel_reuse_pch(carousel_cli_plain carousel_base)
carousel_by_folder(carousel_cli apps/carousel/commands=apps/carousel/runs)
carousel_by_folder(carousel_cli_plain apps/carousel=apps/carousel/terminal apps/carousel/system=apps/carousel/terminal
                   apps/carousel/commands=apps/carousel/train)
include(CarouselCompare)

add_executable(carousel_app ${program}/main.cpp)
set_target_properties(carousel_app PROPERTIES OUTPUT_NAME carousel)
target_link_libraries(carousel_app PRIVATE carousel_cli)

carousel_glob(examples apps/examples/*/CMakeLists.txt)
foreach(example IN LISTS examples)
  cmake_path(GET example PARENT_PATH folder)
  add_subdirectory(${folder})
endforeach()
