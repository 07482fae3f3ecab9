// One self-contained HTML file from a description of what it shows: text, tables and charts. It knows nothing
// of runs; whoever has something to show builds the description. The file asks the network for nothing, works
// offline, in light and dark, on paper and on a narrow screen.
//
//   content  {title, subtitle?, runs?: [names, coloured in this order], made_by?: "carousel report runs/a",
//             sections: [section]}
//   section  {title, text?, notes?: [sentence], verdicts?: [verdict],
//             facts?: {columns: [text], rows: [[cell]]}, charts?: [chart]}
//   cell     a text, a number or {code: text}
//   verdict  {verdict, level: "good" | "warning" | "bad", sentence, run?, evidence?: [text], option?, since?}
//   chart    {kind, title, how: a sentence on how to read it, thinned?: a sentence, ...}
//     lines  {x: axis, y: axis, series: [line], bands?: [{name, colour?, points: [[x, low | null, high | null]]}],
//             marks?: [mark], limits?: [{y, name}], missing?: text, zoom?: the x from which on it is seen at first; a bar below changes that,
//             wide?: across the page}
//     heat   {x: axis with values: [x], y: axis with values: [y],
//             columns: [for each x, [for each y, v | null]], shorter where there are no more,
//             value: axis with min and max, scale?: "gradient" | "gate", missing?: what null means,
//             counts?: like columns, numbers written in the cells}; texts among the values are names of rows and columns
//     plane  {series: [line]}, points are [real, imaginary]
//     bars   {x: axis, y: axis, categories: [text], series: [{name, colour?, values: [v]}]}
//   axis     {name, unit?, log?: logarithmic, power?: the values are exponents of ten,
//             share?: 0 to 1 is shown in %, time?: the values are milliseconds since 1970 UTC, min?, max?}
//   line     {name, points: [[x, y | null]], x ascending, colour?: 0 to 7, dash?: 0 to 3,
//             role?: "raw" (faint) | "points" (each is marked) | "before" (hollow, in a plane),
//             off?: hidden until its name in the legend is pressed}
//   mark     {kind: "clip" | "spike" | "best", name, tone?: "good" | "warning" | "bad",
//             points: [[x, y]]}, ticks at the bottom where every y is null
//
// Every string may hold anything. Numbers that are not finite become null.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace carousel {

/// Whether the chart library was there when the program was built.
bool page_has_charts();

/// The whole file. Throws Error when the chart library is missing, with the commands that bring it.
std::string page_html(const nlohmann::json& content);

}  // namespace carousel
