#include "carousel/flow/curves.h"

#include <algorithm>
#include <cmath>

#include "carousel/flow/recorder.h"
#include "carousel/recurrent/listening.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

/// The rows of the gradient at the output that belong to each sequence's last step.
Tensor of_last_step(const Tensor& gradient, const std::vector<std::int64_t>& sizes) {
  const auto rows = last_rows(sizes);
  return torch::zeros_like(gradient).index_copy(0, rows, gradient.index_select(0, rows));
}

/// Whether errors enter only where each direction ends: forwards at the last step, in reverse at the first.
bool only_at_the_end(const Tensor& gradient, const PackedBatch& batch, std::int64_t hidden) {
  auto rest = gradient - of_last_step(gradient, batch.sizes);
  if (gradient.size(1) > hidden) {
    rest = torch::cat({rest.narrow(1, 0, hidden), gradient.narrow(1, hidden, hidden)}, 1);
    rest.narrow(0, 0, batch.sequences()).narrow(1, hidden, hidden).zero_();
  }
  return rest.count_nonzero().item<std::int64_t>() == 0;
}

}  // namespace

FlowRecord gradient_curves(RecurrentBase& module, const FollowedBatch& batch) {
  const torch::AutoGradMode with_gradient(true);
  const auto recorder = std::make_shared<FlowRecorder>();
  const Listening listening(module, recorder);
  const auto output = module.run(batch.rows, batch.initial).output;
  const auto loss = batch.loss(output);
  check_loss(loss);
  const auto at_output = torch::autograd::grad({loss}, {output}, {}, /*retain_graph=*/true)[0];
  const auto send_back = [&](const Tensor& gradient) {
    torch::autograd::grad({output}, module.parameters(), {gradient}, /*retain_graph=*/true,
                          /*create_graph=*/false, /*allow_unused=*/true);
  };
  if (!only_at_the_end(at_output, batch.rows, module.options.hidden_size())) {
    send_back(of_last_step(at_output, batch.rows.sizes));
    recorder->last_loss_done();
  }
  send_back(at_output);
  return recorder->take();
}

std::vector<double> memory_times(const LayerTrajectory& layer, const CellFacts& cell) {
  if (cell.keep_gate < 0) return {};
  const auto& gate = layer.gates[static_cast<std::size_t>(cell.keep_gate)];
  const auto lengths = torch::tensor(at::IntArrayRef(layer.lengths), torch::kInt64);
  const auto alive = (torch::arange(layer.steps()).unsqueeze(1) < lengths).unsqueeze(2);
  const auto mean = torch::where(alive, gate, 0.0).sum({0, 1}) / lengths.sum().to(torch::kDouble);
  const auto times = std::get<0>(mean.log().abs().reciprocal().sort()).contiguous();
  const auto* first = times.const_data_ptr<double>();
  return {first, first + times.numel()};
}

double quantile(const std::vector<double>& rising, double share) {
  const double place = share * static_cast<double>(rising.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, rising.size() - 1);
  const double part = place - static_cast<double>(below);
  if (part == 0.0 || !std::isfinite(rising[below])) return rising[below];
  return rising[below] + part * (rising[above] - rising[below]);
}

}  // namespace carousel
