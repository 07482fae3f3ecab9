# Few test programs rather than one a file: linking and loading LibTorch is what costs.

enable_testing()
find_package(GTest REQUIRED)

# carousel_add_test(<target> SHARDS <n> TIMEOUT <seconds>)   the whole program as n tests that can run side by side
function(carousel_add_test target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SHARDS;TIMEOUT" "")
  math(EXPR last "${arg_SHARDS} - 1")
  foreach(shard RANGE ${last})
    set(name ${target})
    if(arg_SHARDS GREATER 1)
      string(APPEND name _${shard})
    endif()
    add_test(NAME ${name} COMMAND ${target} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    # one thread each: the shards already keep the cores busy, and small nets run slower on more
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS gtest ENVIRONMENT
      "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${shard};GTEST_BRIEF=1;OMP_NUM_THREADS=1")
    if(CAROUSEL_SANITIZE)   # LibTorch itself is not instrumented: containers that cross the border look overflown
      set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT
        "ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=0" "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1")
    endif()
  endforeach()
endfunction()

# carousel_test_program(<target> <precompiled> <source>...)   sharing what the target <precompiled> precompiled
function(carousel_test_program target precompiled)
  add_executable(${target} ${ARGN})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${target} PRIVATE CAROUSEL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE GTest::gmock GTest::gtest_main)
  carousel_reuse_pch(${target} ${precompiled})
endfunction()

carousel_glob(base_tests tests/io/*_test.cpp tests/data/*_test.cpp tests/recurrent/plugin/*_test.cpp tests/train/schedule_test.cpp)
foreach(name vector_math plan matrix workspace)   # the fused engine below its tensors
  list(APPEND base_tests ${PROJECT_SOURCE_DIR}/tests/recurrent/fused/${name}_test.cpp)
endforeach()
carousel_glob(arrow_tests tests/data/arrow/*_test.cpp)   # they write their files with Arrow
carousel_glob(cli_tests RECURSE tests/apps/*_test.cpp)
carousel_glob(tests RECURSE tests/*_test.cpp)
set(random_cells ${PROJECT_SOURCE_DIR}/tests/recurrent/fused/random_cells_test.cpp)
list(REMOVE_ITEM tests ${base_tests} ${arrow_tests} ${cli_tests} ${random_cells})
if(CAROUSEL_ARROW_FOUND)
  list(APPEND base_tests ${arrow_tests})
endif()

carousel_test_program(carousel_base_tests carousel_base ${base_tests})
target_link_libraries(carousel_base_tests PRIVATE carousel_base $<TARGET_NAME_IF_EXISTS:carousel::arrow_library>)
target_compile_definitions(carousel_base_tests PRIVATE CAROUSEL_TEST_COMPILER="${CMAKE_CXX_COMPILER}")
carousel_by_folder(carousel_base_tests tests/train=tests/data)
carousel_add_test(carousel_base_tests SHARDS 1 TIMEOUT 600)

carousel_test_program(carousel_tests carousel ${tests})
target_link_libraries(carousel_tests PRIVATE carousel)
carousel_by_folder(carousel_tests tests/cells=tests/exchange tests=tests/exchange)
carousel_add_test(carousel_tests SHARDS 2 TIMEOUT 600)

# A hundred cells that only this test has take minutes to compile: their kernels without LibTorch, and in parts, as all at once
# would take gigabytes.
carousel_glob(random_kernels tests/recurrent/fused/random_kernels/*.cpp)
carousel_test_program(carousel_random_tests carousel ${random_cells} ${random_kernels})
set_source_files_properties(${random_kernels} PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS "$<$<CONFIG:Debug>:-O1>")
target_link_libraries(carousel_random_tests PRIVATE carousel)
carousel_add_test(carousel_random_tests SHARDS 1 TIMEOUT 600)

if(TARGET carousel_app)
  carousel_test_program(carousel_cli_tests carousel ${cli_tests})
  target_include_directories(carousel_cli_tests PRIVATE ${PROJECT_SOURCE_DIR}/apps/carousel)
  target_link_libraries(carousel_cli_tests PRIVATE carousel_cli)
  target_compile_definitions(carousel_cli_tests PRIVATE CAROUSEL_BINARY="$<TARGET_FILE:carousel_app>")
  add_dependencies(carousel_cli_tests carousel_app)
  carousel_by_folder(carousel_cli_tests tests/apps/carousel/flow=tests/apps/carousel tests/apps/carousel/train=tests/apps/carousel
    tests/apps/carousel/demo=tests/apps/carousel tests/apps/carousel/doctor=tests/apps/carousel tests/apps/carousel/exchange=tests/apps/carousel
    tests/apps/carousel/options=tests/apps/carousel tests/apps/carousel/report=tests/apps/carousel/terminal
    tests/apps/carousel/compare=tests/apps/carousel/bench tests/apps/page=tests/apps/carousel/bench)
  carousel_add_test(carousel_cli_tests SHARDS 2 TIMEOUT 600)
endif()

# carousel_python_test(<name> <script> <argument>...)   a test written in Python; it is skipped, with a sentence that says
# what is missing, where the interpreter or a package it imports through carousel_test.need() is not there
set(CAROUSEL_TEST_PYTHON ${PROJECT_BINARY_DIR}/../venv/bin/python CACHE FILEPATH
    "Python with the packages of tests/requirements.txt; ./carousel test makes the default one")
function(carousel_python_test name script)
  set(support ${PROJECT_SOURCE_DIR}/tests/support)
  add_test(NAME ${name} COMMAND sh ${support}/run_python.sh ${CAROUSEL_TEST_PYTHON} ${PROJECT_SOURCE_DIR}/${script} ${ARGN}
           WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS python SKIP_RETURN_CODE 77 ENVIRONMENT
    "CAROUSEL_BINARY=$<TARGET_FILE:carousel_app>;PYTHONPATH=${support};PYTHONNOUSERSITE=1;PYTHONDONTWRITEBYTECODE=1;OMP_NUM_THREADS=1")
  if(CAROUSEL_SANITIZE)
    set_property(TEST ${name} APPEND PROPERTY ENVIRONMENT "ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=0")
  endif()
endfunction()

if(TARGET carousel_app)
  carousel_python_test(event_file tests/io/event_file_test.py)
  carousel_python_test(verdict_grid tests/flow/verdict_grid.py --steps 30,60,120 --seeds 1 --check 0.75)
  carousel_python_test(live_view tests/apps/carousel/terminal/live_view_test.py)
  carousel_python_test(reading tests/apps/carousel/terminal/reading_test.py)
  carousel_python_test(metrics tests/io/metrics_test.py)
  carousel_python_test(hostile tests/apps/carousel/hostile_test.py)
  carousel_python_test(exchange tests/exchange/exchange_test.py)
  carousel_python_test(import_series tests/exchange/import_series_test.py)
  carousel_python_test(onnx tests/exchange/onnx_test.py)
  carousel_python_test(onnx_table tests/exchange/onnx_table_test.py)
  add_executable(convert_tensors tests/io/convert_tensors.cpp)
  target_link_libraries(convert_tensors PRIVATE carousel)
  carousel_reuse_pch(convert_tensors carousel)
  carousel_python_test(torch_file tests/io/torch_file_test.py $<TARGET_FILE:convert_tensors>)
  add_executable(score_arrays tests/data/score_arrays.cpp)
  target_link_libraries(score_arrays PRIVATE carousel_base)
  carousel_reuse_pch(score_arrays carousel_base)
  carousel_python_test(scores tests/data/scores_test.py $<TARGET_FILE:score_arrays>)
  carousel_python_test(compare_python tests/apps/carousel/compare/compare_test.py)
  carousel_python_test(compare_trajectories tests/apps/carousel/compare/compare_trajectories.py)
  add_test(NAME compare COMMAND carousel_app compare --all)   # every cell; in the Python that LibTorch belongs to
  set_tests_properties(compare PROPERTIES LABELS python SKIP_RETURN_CODE 77)
  if(CAROUSEL_GLOO_INCLUDE)
    carousel_python_test(processes tests/apps/carousel/train/processes_test.py)
    carousel_python_test(process_ends tests/apps/carousel/train/process_ends_test.py)
    set_property(TEST processes process_ends APPEND PROPERTY LABELS long)
    set_tests_properties(process_ends PROPERTIES TIMEOUT 1200)   # what hangs is waited for, some thirty times
  endif()
  carousel_python_test(sweep tests/apps/carousel/sweep/sweep_test.py)
  set_property(TEST sweep APPEND PROPERTY LABELS long)   # dozens of trainings
  carousel_python_test(cell_file tests/apps/carousel/cell_file_test.py)
  carousel_python_test(carousel_torch tests/apps/python/carousel_torch_test.py)
  carousel_python_test(carousel_table tests/apps/python/carousel_table_test.py)
  carousel_python_test(from_the_seed tests/apps/python/from_the_seed_test.py)
endif()

if(TARGET carousel_app AND NOT CAROUSEL_SANITIZE AND CMAKE_SYSTEM_NAME STREQUAL "Linux")   # trainings that are killed and resumed
  add_library(fail_calls SHARED tests/faults/fail_calls.cpp)
  target_link_libraries(fail_calls PRIVATE ${CMAKE_DL_LIBS})
  carousel_python_test(kills tests/faults/kills.py --runs 5)
  carousel_python_test(kills_systematic tests/faults/kills.py --runs 10 --systematic)
  set_property(TEST kills_systematic APPEND PROPERTY ENVIRONMENT "FAIL_CALLS=$<TARGET_FILE:fail_calls>")
endif()

add_test(NAME style COMMAND bash ${PROJECT_SOURCE_DIR}/cmake/format.sh --check)
set_tests_properties(style PROPERTIES TIMEOUT 300 LABELS style SKIP_RETURN_CODE 77)
carousel_python_test(rooms tests/style/rooms_test.py)
set_tests_properties(rooms PROPERTIES LABELS style)

carousel_glob(scripts tests/build/*_test.sh)
foreach(script IN LISTS scripts)
  cmake_path(GET script STEM name)
  add_test(NAME ${name} COMMAND bash ${script} ${CMAKE_CXX_COMPILER})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS script)
endforeach()

# the readers of files from outside, on changed and hostile bytes: built by clang, whichever compiler builds the rest
add_test(NAME fuzz COMMAND bash ${PROJECT_SOURCE_DIR}/tests/fuzz/run.sh ${PROJECT_BINARY_DIR}/fuzz)
set_tests_properties(fuzz PROPERTIES LABELS script SKIP_RETURN_CODE 77)

if(CAROUSEL_INSTALL AND TARGET carousel_app)
  set(options -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DCMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE})
  if(CAROUSEL_SANITIZE)
    list(APPEND options "-DCMAKE_CXX_FLAGS=-fsanitize=${CAROUSEL_SANITIZE} -fno-sanitize=vptr")
  endif()
  if(CAROUSEL_CCACHE)
    list(APPEND options -DCMAKE_CXX_COMPILER_LAUNCHER=${CAROUSEL_CCACHE})
  endif()
  foreach(how installed subdirectory)
    add_test(NAME use_${how} COMMAND bash ${PROJECT_SOURCE_DIR}/tests/build/use_from_outside.sh ${how}
             ${PROJECT_BINARY_DIR} ${carousel_torch_root} ${options})
    set_tests_properties(use_${how} PROPERTIES LABELS script ENVIRONMENT
      "OMP_NUM_THREADS=1;ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=0")
  endforeach()
  set_tests_properties(use_subdirectory PROPERTIES RUN_SERIAL ON)   # a whole build: it takes both cores
endif()

if(TARGET carousel_page AND CAROUSEL_ECHARTS)   # the pages, in a browser
  carousel_python_test(report_page tests/apps/page/report_test.py)
  carousel_python_test(table_page tests/apps/page/table_report_test.py)
  carousel_python_test(demo_page tests/apps/page/demo_test.py)
endif()

# What takes half a minute and more has the label long: `./carousel test` leaves it out, `./carousel test --all` does not. A
# busy machine must not fail a test by its time, so each may take many times what it takes alone.
foreach(name carousel_random_tests verdict_grid compare compare_python compare_trajectories exchange launcher_build_test fuzz
        cell_file use_installed use_subdirectory report_page table_page demo_page hostile)
  if(TEST ${name})
    set_property(TEST ${name} APPEND PROPERTY LABELS long)
    set_tests_properties(${name} PROPERTIES TIMEOUT 2400)
  endif()
endforeach()

# What `./carousel test` builds: all but what only the tests of the label long need.
add_custom_target(carousel_everyday DEPENDS carousel_base_tests carousel_tests)
if(TARGET carousel_app)
  add_dependencies(carousel_everyday carousel_app carousel_cli_tests convert_tensors score_arrays)
endif()
if(TARGET fail_calls)
  add_dependencies(carousel_everyday fail_calls)
endif()
