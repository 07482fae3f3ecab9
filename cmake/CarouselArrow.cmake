# Finds Apache Arrow's C++ libraries, which read tables, inside the Python package pyarrow. Defines
#   carousel::arrow_library   headers and libraries, where it is there
#   CAROUSEL_ARROW_FOUND      whether it is; without it all but tables in CSV, Parquet and Feather files works
# Looked at in this order: CAROUSEL_ARROW (variable, then environment: the folder of the package pyarrow), what was found last time,
# the virtual environment of the launcher.
include_guard(GLOBAL)

set(CAROUSEL_ARROW "" CACHE PATH "Folder of the Python package pyarrow, whose Apache Arrow reads tables")
option(CAROUSEL_WITHOUT_ARROW "Build without Apache Arrow: tables in CSV, Parquet and Feather files are not read" OFF)

# Sets the result to the folder, or to "".
function(carousel_find_arrow result)
  set(explicit ${CAROUSEL_ARROW})
  if(NOT explicit)
    set(explicit $ENV{CAROUSEL_ARROW})
  endif()
  set(folders ${explicit})
  if(NOT explicit)
    cmake_path(ABSOLUTE_PATH PROJECT_BINARY_DIR NORMALIZE OUTPUT_VARIABLE beside)
    cmake_path(GET beside PARENT_PATH beside)
    file(GLOB own LIST_DIRECTORIES true ${beside}/venv/lib/python3*/site-packages/pyarrow
         ${PROJECT_SOURCE_DIR}/build/venv/lib/python3*/site-packages/pyarrow)
    set(folders ${CAROUSEL_ARROW_LAST} ${own})
  endif()
  foreach(folder IN LISTS folders)
    file(GLOB arrow ${folder}/libarrow.so.* ${folder}/libarrow.*.dylib)
    file(GLOB parquet ${folder}/libparquet.so.* ${folder}/libparquet.*.dylib)
    if(arrow AND parquet AND EXISTS ${folder}/include/arrow/csv/parser.h AND EXISTS ${folder}/include/parquet/arrow/reader.h)
      set(${result} ${folder} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(explicit)
    message(FATAL_ERROR "CAROUSEL_ARROW is ${explicit}, which holds no Apache Arrow (libarrow, libparquet and include/arrow): set it "
            "to the folder of the Python package pyarrow, or set CAROUSEL_WITHOUT_ARROW.")
  endif()
  set(${result} "" PARENT_SCOPE)
endfunction()

function(carousel_import_arrow root)
  file(GLOB arrow ${root}/libarrow.so.* ${root}/libarrow.*.dylib)
  file(GLOB parquet ${root}/libparquet.so.* ${root}/libparquet.*.dylib)
  list(GET arrow 0 arrow)
  list(GET parquet 0 parquet)
  add_library(carousel::arrow_library INTERFACE IMPORTED GLOBAL)
  target_include_directories(carousel::arrow_library SYSTEM INTERFACE ${root}/include)
  target_link_libraries(carousel::arrow_library INTERFACE ${parquet} ${arrow})
endfunction()

set(carousel_arrow_root "")
if(NOT CAROUSEL_WITHOUT_ARROW)
  carousel_find_arrow(carousel_arrow_root)
endif()
set(CAROUSEL_ARROW_FOUND OFF)
if(carousel_arrow_root)
  carousel_import_arrow(${carousel_arrow_root})
  set(CAROUSEL_ARROW_FOUND ON)
  # Configuring again, perhaps from a shell with another environment, finds the same one.
  set(CAROUSEL_ARROW_LAST ${carousel_arrow_root} CACHE INTERNAL "Folder of pyarrow")
elseif(NOT CAROUSEL_WITHOUT_ARROW)
  message(WARNING "No Apache Arrow found: the program is built without it, and reading a CSV file will say so. Start ./carousel, which "
          "fetches it, or set CAROUSEL_ARROW to the folder of the Python package pyarrow.")
endif()
