// The files that every page carries, as text inside the program: cmake/embed_text.cmake writes the definitions.
#pragma once

#include <string_view>

namespace carousel::embedded {

extern const std::string_view page_template;  ///< page.html, with @title@, @style@, ... where the rest goes
extern const std::string_view style;          ///< page.css
extern const std::string_view script;         ///< the .js files, one after the other
/// echarts.min.js with its licence; empty where it was not found.
extern const std::string_view chart_library;

}  // namespace carousel::embedded
