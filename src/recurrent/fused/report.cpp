#include "report.h"

#include <algorithm>
#include <cmath>

namespace carousel::fused {

namespace {

/// For each of `width` figures a step, the sum over the parts as a curve over time, mapped by `to_figure`.
template <class Figures, class Map>
std::vector<std::vector<double>> curves(const Layout& layout, const std::vector<StepFigures>& parts,
                                        Figures figures, std::size_t width, Map to_figure) {
  const auto steps = static_cast<std::size_t>(layout.steps());
  std::vector<std::vector<double>> found(width, std::vector<double>(steps));
  for (std::size_t i = 0; i < steps; ++i) {
    const auto t = static_cast<std::size_t>(layout.time(static_cast<std::int64_t>(i)));
    for (std::size_t k = 0; k < width; ++k) {
      double sum = 0.0;
      for (const auto& part : parts) sum += (part.*figures)[i * width + k];
      found[k][t] = to_figure(sum, layout.size(static_cast<std::int64_t>(i)));
    }
  }
  return found;
}

}  // namespace

void report_forward(const FlowTap& tap, const FusedCell& cell, std::int64_t units, const Layout& layout,
                    const std::vector<StepFigures>& parts) {
  const auto mean = [units](double sum, std::int64_t rows) {
    return sum / static_cast<double>(units * rows);
  };
  const auto means = curves(layout, parts, &StepFigures::gate_sums, cell.gates, mean);
  for (std::size_t g = 0; g < means.size(); ++g)
    tap.observer->gate_means(tap.id, g, tap.first_step, means[g]);
  const auto shares = curves(layout, parts, &StepFigures::saturated, 2 * cell.gates, mean);
  std::vector<Saturation> saturation(static_cast<std::size_t>(layout.steps()));
  for (std::size_t g = 0; g < cell.gates; ++g) {
    if (tap.activations[g] == Activation::other) continue;
    for (std::size_t t = 0; t < saturation.size(); ++t) {
      const bool counted = t % saturation_stride == 0;
      saturation[t] = counted ? Saturation{shares[2 * g][t], shares[2 * g + 1][t]} : Saturation{NAN, NAN};
    }
    tap.observer->gate_saturations(tap.id, g, tap.first_step, saturation);
  }
  for (std::int64_t i = 0; i < layout.steps(); ++i) {
    const auto bad = [i](const StepFigures& part) { return !part.finite[static_cast<std::size_t>(i)]; };
    if (std::ranges::any_of(parts, bad))
      tap.observer->state_finite(tap.id, tap.first_step + layout.time(i), false);
  }
}

void await_gradients(const FlowTap& tap, const FusedCell& cell, const Layout& layout) {
  for (std::size_t s = 0; s < cell.states; ++s)
    tap.observer->gradient_awaited(tap.id, s, tap.first_step, layout.steps());
}

void report_backward(const FlowTap& tap, const FusedCell& cell, const Layout& layout,
                     const std::vector<StepFigures>& parts) {
  const auto root = [](double squares, std::int64_t) { return std::sqrt(squares); };
  const auto norms = curves(layout, parts, &StepFigures::squares, cell.states, root);
  for (std::size_t s = 0; s < norms.size(); ++s)
    tap.observer->gradient_norms(tap.id, s, tap.first_step, norms[s]);
}

}  // namespace carousel::fused
