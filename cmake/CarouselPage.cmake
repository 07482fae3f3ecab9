# carousel_page: the library that builds HTML pages, with the page's own files and the chart library inside it. Needs no
# tensor. CAROUSEL_ECHARTS names the chart library's file; without it the program says how to get it when asked for a page.

find_file(CAROUSEL_ECHARTS echarts.min.js NO_DEFAULT_PATH DOC "Apache ECharts: its dist/echarts.min.js"
          PATHS ${PROJECT_BINARY_DIR}/../charts ${PROJECT_SOURCE_DIR}/build/charts PATH_SUFFIXES node_modules/echarts/dist)
set(echarts ${CAROUSEL_ECHARTS})
if(NOT echarts OR NOT EXISTS ${echarts})
  set(echarts "")
  message(WARNING "No echarts.min.js found: the program is built without charts, and carousel report will say so. Start "
          "./carousel, which fetches it, or set CAROUSEL_ECHARTS.")
endif()

# carousel_embed(<name> <file>...)   compiles the text of the files into carousel_page
function(carousel_embed name)
  set(source ${PROJECT_BINARY_DIR}/generated/page/${name}.cpp)
  list(JOIN ARGN "|" files)
  add_custom_command(OUTPUT ${source} VERBATIM COMMENT "Embedding ${name}"
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DOUTPUT=${source} "-DFILES=${files}" -P ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/embed_text.cmake)
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)   # a limit of old compilers
  target_sources(carousel_page PRIVATE ${source})
endfunction()

carousel_glob(page_sources apps/page/*.cpp)
add_library(carousel_page STATIC ${page_sources})
target_include_directories(carousel_page PUBLIC ${PROJECT_SOURCE_DIR}/apps)
target_link_libraries(carousel_page PUBLIC carousel_base)
set(page ${PROJECT_SOURCE_DIR}/apps/page)
carousel_embed(page_template ${page}/page.html)
carousel_embed(style ${page}/page.css)
carousel_embed(script ${page}/format.js ${page}/theme.js ${page}/chart_common.js ${page}/chart_lines.js ${page}/chart_heat.js
               ${page}/chart_plane.js ${page}/chart_box.js ${page}/page.js)   # each uses those before it
carousel_embed(chart_library ${echarts})
