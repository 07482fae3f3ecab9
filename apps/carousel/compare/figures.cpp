#include "compare/figures.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/torch.h"

#include "compare/subject.h"

namespace carousel::cli {
namespace {

std::vector<double> numbers_in(const TensorMap& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? std::vector<double>{} : numbers_of(found->second);
}

/// The largest norm of the states of a layer at every step, on the reference's side.
std::vector<double> largest_at_every_step(const std::vector<StepCurve>& curves, LayerId id) {
  std::vector<double> largest;
  for (const StepCurve& curve : curves) {
    if (!(curve.id == id)) continue;
    const std::vector<double>& norms = curve.norms.reference;
    largest.resize(std::max(largest.size(), norms.size()));
    for (std::size_t t = 0; t < norms.size(); ++t) largest[t] = std::max(largest[t], norms[t]);
  }
  return largest;
}

}  // namespace

std::vector<Figure> figures_of(Quantity quantity, const TensorMap& ours, const TensorMap& reference) {
  std::vector<Figure> figures;
  for (const auto& [name, tensor] : ours) {
    const Quantity own = name == "output" ? Quantity::outputs : name == "loss" ? Quantity::loss : quantity;
    const std::string shown = name.starts_with("grad.") ? name.substr(5) : name;
    figures.push_back({own, shown, numbers_of(tensor), numbers_in(reference, name)});
  }
  std::ranges::stable_sort(figures, {}, &Figure::quantity);  // in the order of computing
  return figures;
}

std::string layer_name(LayerId id) {
  return fmt::format("layer {}{}", id.layer, id.reverse ? " reverse" : "");
}

std::string curve_name(const StepCurve& curve) {
  return fmt::format("d{} {}", curve.state, layer_name(curve.id));
}

std::vector<Figure> figures_of(const std::vector<StepCurve>& curves) {
  std::vector<Figure> figures;
  for (const StepCurve& curve : curves) {
    figures.push_back({Quantity::step_norms, curve_name(curve), curve.norms.ours, curve.norms.reference,
                       largest_at_every_step(curves, curve.id)});
  }
  return figures;
}

std::vector<Figure> figures_of(const Trajectory& t, const TensorMap& ours, const TensorMap& reference) {
  const std::string name = t.how.name();
  std::vector<Figure> figures;
  const auto add = [&](Quantity quantity, const Pair& pair) {
    figures.push_back({quantity, name, pair.ours, pair.reference});
  };
  add(Quantity::losses, t.losses);
  add(Quantity::clip_norms, t.clip_norms);
  add(Quantity::rates, t.rates);
  if (!t.validations.ours.empty()) add(Quantity::validations, t.validations);
  for (const auto& [tensor, values] : ours) {
    figures.push_back({Quantity::weights, fmt::format("{}, {}", name, tensor), numbers_of(values),
                       numbers_in(reference, tensor)});
  }
  return figures;
}

}  // namespace carousel::cli
