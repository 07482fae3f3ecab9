#include "analysis_figures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace carousel {
namespace {

std::string layer_name(const Analysis& analysis, LayerId id) {
  const bool two = std::ranges::any_of(analysis.curves.layers, [](const auto& l) { return l.id.reverse; });
  return fmt::format("layer {}{}", id.layer, !two ? "" : id.reverse ? " reverse" : " forward");
}

/// Short; a word where there is no number.
std::string text(double value, int digits = 2) {
  if (value == -INFINITY) return "-inf";
  if (!std::isfinite(value)) return value == INFINITY ? "inf" : "-";
  return fmt::format("{:.{}f}", value, digits);
}

std::vector<FigureRow> curve_rows(const Analysis& analysis) {
  std::vector<FigureRow> rows;
  for (const auto& layer : analysis.curves.layers) {
    const auto& curves = layer.last_loss_log10.empty() ? layer.gradient_log10 : layer.last_loss_log10;
    for (std::size_t s = 0; s < curves.size(); ++s) {
      const auto& curve = curves[s];
      FigureRow row{fmt::format("{} d{}", layer_name(analysis, layer.id), analysis.states[s]), {}};
      for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0}) {
        row.cells.push_back(
            text(curve[static_cast<std::size_t>(share * static_cast<double>(curve.size() - 1))], 1));
      }
      row.cells.push_back(sparkline(curve, 32));
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

std::vector<FigureRow> gate_rows(const Analysis& analysis) {
  std::vector<FigureRow> rows;
  for (const auto& layer : analysis.curves.layers) {
    for (std::size_t g = 0; g < layer.gate_mean.size(); ++g) {
      const auto& means = layer.gate_mean[g];
      const double mean =
          std::accumulate(means.begin(), means.end(), 0.0) / static_cast<double>(means.size());
      const auto [low, high] = std::ranges::minmax(means);
      rows.push_back({fmt::format("{} {}{}", layer_name(analysis, layer.id), analysis.gates[g],
                                  analysis.gates[g] == analysis.keep_gate ? " (keeps)" : ""),
                      {text(mean), text(low), text(high), sparkline(means, 32, 0.1)}});
    }
  }
  return rows;
}

std::vector<FigureRow> memory_rows(const Analysis& analysis) {
  std::vector<FigureRow> rows;
  for (const auto& [id, times] : analysis.memory) {
    FigureRow row{layer_name(analysis, id), {}};
    for (const double share : {0.1, 0.5, 0.9}) row.cells.push_back(text(quantile(times, share), 1));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<FigureRow> block_rows(const Analysis& analysis) {
  std::vector<FigureRow> rows;
  for (const auto& block : analysis.blocks) {
    rows.push_back({fmt::format("{} {}", layer_name(analysis, block.id), block.gate),
                    {text(block.radius, 3), text(block.sigma_max, 3)}});
  }
  return rows;
}

std::vector<FigureRow> jacobian_rows(const Analysis& analysis) {
  std::vector<FigureRow> rows;
  for (const auto& [id, spectrum] : analysis.jacobians) {
    const auto& values = spectrum.log10_singular_values;
    const auto resolved = static_cast<std::size_t>(std::max<std::int64_t>(1, spectrum.resolved));
    rows.push_back(
        {layer_name(analysis, id),
         {text(values.front(), 1), text(values[(resolved - 1) / 2], 1), text(values[resolved - 1], 1),
          fmt::format("{} of {}", spectrum.resolved, values.size()), fmt::format("{}", spectrum.steps)}});
  }
  return rows;
}

std::vector<FigureRow> lyapunov_rows(const Analysis& analysis) {
  std::vector<FigureRow> rows;
  for (const auto& [id, spectrum] : analysis.lyapunov) {
    const auto& exponents = spectrum.exponents;
    const double largest = exponents.front();
    const auto above = std::ranges::count_if(exponents, [](double e) { return e > 0.0; });
    rows.push_back({layer_name(analysis, id),
                    {text(largest, 4), text(quantile({exponents.rbegin(), exponents.rend()}, 0.5), 4),
                     text(exponents.back(), 4), fmt::format("{} of {}", above, exponents.size()),
                     largest < 0.0 ? text(-1.0 / largest, 1) : "-"}});
  }
  return rows;
}

std::vector<FigureRow> lag_rows(const Analysis& analysis) {
  std::vector<FigureRow> rows;
  for (const auto& [id, profile] : analysis.lags) {
    FigureRow row{layer_name(analysis, id), {}};
    const auto end = static_cast<std::int64_t>(profile.share.size());
    for (const auto& [from, to] :
         {std::pair<std::int64_t, std::int64_t>{0, 1}, {1, 4}, {4, 16}, {16, 64}, {64, end}}) {
      if (from >= end) {
        row.cells.emplace_back("-");
        continue;
      }
      const auto first = profile.share.begin();
      const double share = std::accumulate(first + from, first + std::min(std::max(from, to), end), 0.0);
      row.cells.push_back(fmt::format("{:.1f}%", 100.0 * share));
    }
    row.cells.push_back(sparkline(profile.log10_norm, 32));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<FigureRow> truncation_rows(const Analysis& analysis) {
  std::vector<FigureRow> rows;
  for (const auto& bias : analysis.truncation) {
    rows.push_back({fmt::format("--tbptt {}", bias.steps),
                    {text(bias.cosine, 4), text(bias.angle_degrees, 1), text(bias.norm_ratio, 3)}});
  }
  return rows;
}

}  // namespace

const std::vector<AnalysisFigure>& analysis_figures() {
  static const std::vector<AnalysisFigure> all{
      {"Gradient of the last step's loss on its way back (log10 of the norm of dL/d state)",
       "Falling towards the first step it vanishes, rising it explodes; level, an error reaches the start "
       "whole.",
       {"first", "1/4", "1/2", "3/4", "last", "first to last step"},
       curve_rows},
      {"Gates (mean activation over sequences and units)",
       "The gate that keeps the memory multiplies the gradient at every step: 0.5 halves it, 1 lets it pass.",
       {"mean", "lowest", "highest", "first to last step"},
       gate_rows},
      {"Memory of the units (steps until 1/e is left, -1 / ln of the mean keep gate)",
       "One unit in ten remembers for fewer steps than the first figure, one in ten for more than the last.",
       {"10%", "median", "90%"},
       memory_rows},
      {"Recurrent weights (a block W_hh of each gate)",
       "Without gates, sigma_max below 1 means that the gradient must vanish; the radius rules in the long "
       "run.",
       {"spectral radius", "sigma_max"},
       block_rows},
      {"Jacobian of the last state by the first (log10 of its singular values, longest sequence)",
       "0 is a direction that keeps its size over all steps; what is not resolved lies below a double's "
       "rounding.",
       {"largest", "median", "smallest", "resolved", "steps"},
       jacobian_rows},
      {"Lyapunov exponents (nats a step, longest sequence)",
       "The largest rules: below 0 gradients die by 1/e in the steps of the last column, above 0 they "
       "explode.",
       {"largest", "median", "smallest", "above 0", "steps to 1/e"},
       lyapunov_rows},
      {"Lags in dL/dW_hh (share of the parts' norms, by steps that the error travelled)",
       "What lies in the far columns is learnt from far back; the bars are log10 of every lag's norm.",
       {"0", "1-3", "4-15", "16-63", "64 on", "lag 0 to last"},
       lag_rows},
      {"Truncated backpropagation (its gradient against the whole one)",
       "A cosine of 1 and a ratio of 1: cutting there costs nothing.",
       {"cosine", "angle (degrees)", "norm ratio"},
       truncation_rows}};
  return all;
}

std::string sparkline(const std::vector<double>& values, std::size_t width, double least) {
  static const Cells bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double low = INFINITY, high = -INFINITY;
  for (const double value : values) {
    if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  std::string line;
  const std::size_t columns = std::min(width, values.size());
  const double middle = (low + high) / 2.0, range = std::max(high - low, least);
  for (std::size_t c = 0; c < columns; ++c) {
    const double value = values[columns == 1 ? 0 : c * (values.size() - 1) / (columns - 1)];
    const double height = range > 0.0 ? 0.5 + (value - middle) / range : 0.5;
    line += std::isfinite(value) ? bars[static_cast<std::size_t>(std::lround(height * 7.0))] : "·";
  }
  return line;
}

}  // namespace carousel
