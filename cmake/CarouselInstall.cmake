# Installs the library so that another project finds it with find_package(Carousel), and the program.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Carousel)

install(TARGETS carousel carousel_base EXPORT CarouselTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET carousel_app)
  install(TARGETS carousel_app RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES apps/python/carousel_torch.py DESTINATION ${CMAKE_INSTALL_DATADIR}/carousel/python)
endif()
install(DIRECTORY include/ ${PROJECT_BINARY_DIR}/generated/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN *.h PATTERN *.hpp)
install(EXPORT CarouselTargets NAMESPACE carousel:: DESTINATION ${package_dir})

configure_package_config_file(cmake/CarouselConfig.cmake.in ${PROJECT_BINARY_DIR}/CarouselConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/CarouselConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES cmake/CarouselTorch.cmake cmake/CarouselZip.cmake ${PROJECT_BINARY_DIR}/CarouselConfig.cmake
              ${PROJECT_BINARY_DIR}/CarouselConfigVersion.cmake DESTINATION ${package_dir})
