# The Python package: an extension of torch with the library inside, and modules. It is laid out in <build folder>/python, which
# is all that PYTHONPATH needs; pyproject.toml makes a wheel of the same.

set(CAROUSEL_PYTHON_PACKAGE ${PROJECT_BINARY_DIR}/python)
set(package ${CAROUSEL_PYTHON_PACKAGE}/carousel)

carousel_glob(binding_sources python/binding/*.cpp)
add_library(carousel_python MODULE ${binding_sources})
set_target_properties(carousel_python PROPERTIES OUTPUT_NAME _carousel PREFIX "" SUFFIX .so DEFINE_SYMBOL ""
  LIBRARY_OUTPUT_DIRECTORY ${package} BUILD_RPATH ${carousel_torch_root}/lib INSTALL_RPATH "$ORIGIN/../torch/lib")
target_include_directories(carousel_python PRIVATE src python/binding)
target_link_libraries(carousel_python PRIVATE carousel)
# Of the archives only what is called; their symbols are nobody else's, since torch carries packages of the same names.
if(NOT APPLE)
  target_link_options(carousel_python PRIVATE -Wl,--as-needed -Wl,--exclude-libs,ALL)
endif()
carousel_reuse_pch(carousel_python carousel)
carousel_by_folder(carousel_python)

# --- the modules: links in the build folder, so that what is edited is what runs ------------------------------------------
carousel_glob(modules python/carousel/*.py)
set(reference ${PROJECT_SOURCE_DIR}/apps/python/carousel_torch)   # the same cells and models in plain PyTorch
configure_file(python/_build.py.in ${PROJECT_BINARY_DIR}/generated/_build.py @ONLY)
file(MAKE_DIRECTORY ${package})
foreach(module IN LISTS modules ITEMS ${PROJECT_SOURCE_DIR}/python/carousel/py.typed ${PROJECT_BINARY_DIR}/generated/_build.py)
  cmake_path(GET module FILENAME name)
  file(CREATE_LINK ${module} ${package}/${name} SYMBOLIC)
endforeach()
file(CREATE_LINK ${reference} ${package}/reference SYMBOLIC)

# --- the wheel: scikit-build-core takes python/carousel by itself --------------------------------------------------------
install(TARGETS carousel_python LIBRARY DESTINATION carousel COMPONENT python EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_BINARY_DIR}/generated/_build.py DESTINATION carousel COMPONENT python EXCLUDE_FROM_ALL)
install(DIRECTORY ${reference}/ DESTINATION carousel/reference COMPONENT python EXCLUDE_FROM_ALL FILES_MATCHING PATTERN *.py)
foreach(folder cells recurrent)   # what a cell of one's own is compiled with
  install(DIRECTORY include/carousel/${folder} DESTINATION carousel/include/carousel COMPONENT python EXCLUDE_FROM_ALL FILES_MATCHING PATTERN *.h)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/generated/carousel/version.h DESTINATION carousel/include/carousel COMPONENT python EXCLUDE_FROM_ALL)
if(TARGET carousel_app AND SKBUILD)
  add_dependencies(carousel_python carousel_app)
  set_target_properties(carousel_app PROPERTIES INSTALL_RPATH "$ORIGIN/../../torch/lib;$ORIGIN/../../pyarrow")
  install(TARGETS carousel_app RUNTIME DESTINATION carousel/bin COMPONENT python EXCLUDE_FROM_ALL)
endif()

# --- its tests, in the Python whose torch this is -------------------------------------------------------------------------
if(CAROUSEL_BUILD_TESTS AND TARGET carousel_app AND NOT CAROUSEL_SANITIZE)
  carousel_glob(scripts tests/python/test_*.py)
  foreach(script IN LISTS scripts)
    cmake_path(GET script STEM name)
    string(REPLACE test_ python_ name ${name})
    cmake_path(RELATIVE_PATH script BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
    carousel_python_test(${name} ${script})
    get_test_property(${name} ENVIRONMENT environment)
    list(TRANSFORM environment REPLACE "^PYTHONPATH=(.*)$" "PYTHONPATH=\\1:${CAROUSEL_PYTHON_PACKAGE}")
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${environment}")
  endforeach()
  foreach(name python_operator python_traced python_wheel)   # ten seconds and more
    set_property(TEST ${name} APPEND PROPERTY LABELS long)
    set_tests_properties(${name} PROPERTIES TIMEOUT 2400)
  endforeach()
  add_dependencies(carousel_everyday carousel_python)
endif()
