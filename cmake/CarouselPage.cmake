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

carousel_glob(page_sources apps/page/*.cpp)
add_library(carousel_page STATIC ${page_sources})
set_target_properties(carousel_page PROPERTIES EXPORT_NAME page)
target_include_directories(carousel_page PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/apps>)
target_link_libraries(carousel_page PUBLIC carousel_base)
carousel_reuse_pch(carousel_page carousel_base)
carousel_by_folder(carousel_page)
set(page ${PROJECT_SOURCE_DIR}/apps/page)
carousel_embed(carousel_page page/embedded.h page_template ${page}/page.html)
carousel_embed(carousel_page page/embedded.h style ${page}/page.css)
carousel_embed(carousel_page page/embedded.h script ${page}/format.js ${page}/theme.js ${page}/chart_common.js ${page}/chart_lines.js ${page}/chart_heat.js
               ${page}/chart_plane.js ${page}/chart_box.js ${page}/page.js)   # each uses those before it
carousel_embed(carousel_page page/embedded.h chart_library ${echarts})
