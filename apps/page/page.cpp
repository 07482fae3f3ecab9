#include "page/page.h"

#include <array>
#include <string_view>

#include "carousel/error.h"

#include "page/embedded.h"

namespace carousel {
namespace {

using nlohmann::json;

/// Text in which every sign that means something to HTML is written as a reference.
std::string as_html(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

/// JSON that may stand inside a script element: all ASCII, and no sign that could end the element or open a
/// comment. Outside strings JSON has none of the signs replaced here.
std::string as_script_data(const json& content) {
  std::string safe;
  for (const char c : content.dump(-1, ' ', true, json::error_handler_t::replace)) {
    switch (c) {
      case '<':
        safe += "\\u003c";
        break;
      case '>':
        safe += "\\u003e";
        break;
      case '&':
        safe += "\\u0026";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

/// A title that is UTF-8 whatever it was.
std::string title_of(const json& content) {
  const std::string title = content.value("title", "Carousel");
  return json::parse(json(title).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

}  // namespace

bool page_has_charts() {
  return !embedded::chart_library.empty();
}

std::string page_html(const json& content) {
  if (!page_has_charts()) {
    throw Error(
        "this program was built without the chart library, which a page needs: start ./carousel report, "
        "which fetches "
        "it and builds again, or build with CAROUSEL_ECHARTS set to an echarts.min.js");
  }
  const std::string title = as_html(title_of(content)), data = as_script_data(content);
  const std::array<std::pair<std::string_view, std::string_view>, 5> parts{
      {{"@title@", title},
       {"@style@", embedded::style},
       {"@content@", data},
       {"@library@", embedded::chart_library},
       {"@script@", embedded::script}}};
  std::string page;
  std::string_view rest = embedded::page_template;
  // In the template's order: what is filled in is not looked at again.
  for (const auto& [place, part] : parts) {
    const std::size_t at = rest.find(place);
    page += rest.substr(0, at);
    page += part;
    rest.remove_prefix(at + place.size());
  }
  return page += rest;
}

}  // namespace carousel
