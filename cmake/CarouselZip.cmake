# Finds libzip, the container of torch's .pt files. Defines carousel::zip.
# libzip's own CMake file is not used: Debian's names programs that come in other packages, and stops where they are not.
include_guard(GLOBAL)

find_path(CAROUSEL_ZIP_INCLUDE zip.h REQUIRED)
find_path(CAROUSEL_ZIPCONF_INCLUDE zipconf.h REQUIRED HINTS ${CAROUSEL_ZIP_INCLUDE}/../lib/libzip/include)
find_library(CAROUSEL_ZIP_LIBRARY zip REQUIRED)
mark_as_advanced(CAROUSEL_ZIP_INCLUDE CAROUSEL_ZIPCONF_INCLUDE CAROUSEL_ZIP_LIBRARY)

if(NOT TARGET carousel::zip)
  add_library(carousel::zip UNKNOWN IMPORTED)
  set_target_properties(carousel::zip PROPERTIES IMPORTED_LOCATION ${CAROUSEL_ZIP_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES "${CAROUSEL_ZIP_INCLUDE};${CAROUSEL_ZIPCONF_INCLUDE}")
endif()
