# Installs the library so that another project finds it with find_package(Carousel), and the program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Carousel)

install(TARGETS carousel carousel_base carousel_arrow EXPORT CarouselTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/ ${PROJECT_BINARY_DIR}/generated/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN *.h)
install(EXPORT CarouselTargets NAMESPACE carousel:: DESTINATION ${package_dir})
if(TARGET carousel_cli)   # apart, as it needs more packages
  install(TARGETS carousel_cli carousel_page EXPORT CarouselCliTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES apps/carousel/cli.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/carousel)
  install(EXPORT CarouselCliTargets NAMESPACE carousel:: DESTINATION ${package_dir})
endif()
if(TARGET carousel_app)
  install(TARGETS carousel_app RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY apps/python/carousel_torch DESTINATION ${CMAKE_INSTALL_DATADIR}/carousel/python FILES_MATCHING PATTERN *.py)
endif()

configure_package_config_file(cmake/CarouselConfig.cmake.in ${PROJECT_BINARY_DIR}/CarouselConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/CarouselConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/CarouselTorch.cmake cmake/CarouselZip.cmake cmake/CarouselArrow.cmake ${PROJECT_BINARY_DIR}/CarouselConfig.cmake
              ${PROJECT_BINARY_DIR}/CarouselConfigVersion.cmake DESTINATION ${package_dir})
