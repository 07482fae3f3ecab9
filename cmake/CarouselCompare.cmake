# What carousel compare needs: its reference in Python inside the program, and the Python that LibTorch belongs to.

foreach(name carousel_torch carousel_reference carousel_compare)
  carousel_embed(carousel_cli_plain compare/embedded.h ${name} ${PROJECT_SOURCE_DIR}/apps/python/${name}.py)
endforeach()

# LibTorch in <environment>/lib/python3.x/site-packages/torch belongs to <environment>/bin/python
string(REGEX REPLACE "/lib/python3[^/]*/(site|dist)-packages/torch$" "/bin/python" python "${carousel_torch_root}")
if(NOT python STREQUAL carousel_torch_root AND EXISTS "${python}")
  set_source_files_properties(${PROJECT_SOURCE_DIR}/apps/carousel/compare/python.cpp PROPERTIES COMPILE_DEFINITIONS "CAROUSEL_TORCH_PYTHON=\"${python}\"")
endif()
