// What the build knows of how a cell's file can be compiled.
#pragma once

namespace carousel {

extern const char* const build_compiler;
extern const char* const build_include;    ///< the headers in the sources
extern const char* const build_generated;  ///< version.h, which CMake wrote
extern const char* const build_folder;
extern const char* const installed_include;

}  // namespace carousel
