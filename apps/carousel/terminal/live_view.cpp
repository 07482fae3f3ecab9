#include "terminal/live_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace carousel::cli {
namespace {

constexpr std::size_t smallest_width = 40, smallest_height = 12;
constexpr std::size_t line_columns = 40;

std::string number_or_none(double value) {
  // Adding 0.0 leaves no "-0.0".
  return std::isfinite(value) ? fmt::format("{:.1f}", std::round(10 * value) / 10 + 0.0) : "none";
}

/// Where no gradient arrived is not in the plot, so the name says it.
PlotCurve curve_of(const LayerFlow& layer) {
  PlotCurve curve{fmt::format("l{}{}", layer.id.layer, layer.id.reverse ? " reverse" : ""),
                  (layer.last_loss_log10.empty() ? layer.gradient_log10 : layer.last_loss_log10).front()};
  const auto first = std::ranges::find_if(curve.values, [](double value) { return std::isfinite(value); });
  if (first == curve.values.end()) {
    curve.name += " none";
  } else if (first != curve.values.begin()) {
    curve.name += fmt::format(" from t = {}", first - curve.values.begin() + 1);
  }
  return curve;
}

}  // namespace

void LiveView::add(std::int64_t update, double loss, const FlowRecord* flow) {
  loss_sum_ += loss;
  ++loss_count_;
  if (flow == nullptr || flow->layers.empty()) return;
  update_ = update;
  loss_.push_back(loss_sum_ / static_cast<double>(loss_count_));
  loss_sum_ = 0.0;
  loss_count_ = 0;
  const bool last_step = !flow->layers.front().last_loss_log10.empty();
  quantity_ =
      fmt::format("log10 |dL/d{}_t|{}", flow->states.front(), last_step ? " of the last step's loss" : "");
  std::vector<const LayerFlow*> layers;
  for (const LayerFlow& layer : flow->layers) layers.push_back(&layer);
  std::ranges::sort(layers, {}, [](const LayerFlow* l) { return std::pair(l->id.layer, l->id.reverse); });
  curves_.clear();
  for (const LayerFlow* layer : layers) {
    if (!layer->id.reverse) last_layer_ = curves_.size();
    curves_.push_back(curve_of(*layer));
  }
  if (const auto mean = flow->keep_gate_mean()) {
    gate_name_ = flow->gates.at(static_cast<std::size_t>(flow->keep_gate));
    gate_.push_back(*mean);
  }
}

std::vector<std::string> LiveView::frame(const PlotStyle& style) const {
  if (empty()) return {};
  const std::size_t rows = std::clamp<std::size_t>(style.height / 2 - 2, 5, 11) | 1;
  const bool fits = style.width >= smallest_width && style.height >= smallest_height;
  std::vector<std::string> lines = fits ? plot_lines(curves_, rows, style) : std::vector<std::string>();
  if (lines.empty()) return {cut(line(style.unicode), style.width - 1)};
  const std::string title = cut(fmt::format("{}, update {}", quantity_, update_), style.width - 1);
  lines.insert(lines.begin(), title + plot_legend(curves_, style.width - 1 - title.size(), style));
  lines.push_back(history("loss", loss_, style));
  if (!gate_.empty()) lines.push_back(history(gate_name_, gate_, style));
  return lines;
}

std::string LiveView::history(const std::string& name, const std::vector<double>& values,
                              const PlotStyle& style) const {
  const std::string start = fmt::format("{} {:.4g} ", name, values.back());
  const std::size_t columns = style.width - std::min(style.width - 1, start.size() + 1);
  return start + sparkline(values, columns, style.unicode);
}

std::string LiveView::line(bool unicode) const {
  if (empty()) return "";
  const PlotCurve& curve = curves_[last_layer_];
  return fmt::format("flow {}: {} of {} over {} steps, {} {} {}", update_, quantity_, curve.name,
                     curve.values.size(), number_or_none(curve.values.front()),
                     sparkline(curve.values, line_columns, unicode), number_or_none(curve.values.back()));
}

}  // namespace carousel::cli
