# The carousel program. The examples beside it are projects of their own: tests/build/use_from_outside.sh builds them.

add_executable(carousel_app ${PROJECT_SOURCE_DIR}/apps/carousel/main.cpp)
set_target_properties(carousel_app PROPERTIES OUTPUT_NAME carousel)
target_link_libraries(carousel_app PRIVATE carousel_cli)
