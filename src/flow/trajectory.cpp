#include "carousel/flow/trajectory.h"

#include <numeric>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/torch.h"

namespace carousel {

using torch::Tensor;

namespace {

/// Between the batch's rows and a direction's own steps.
class OwnSteps {
 public:
  OwnSteps(const std::vector<std::int64_t>& sizes, bool reverse)
      : steps_(static_cast<std::int64_t>(sizes.size())), lengths_(static_cast<std::size_t>(sizes.front())) {
    for (const std::int64_t rows : sizes) {
      for (std::int64_t b = 0; b < rows; ++b) ++lengths_[static_cast<std::size_t>(b)];
    }
    std::vector<std::int64_t> places;
    for (std::int64_t t = 0; t < steps_; ++t) {
      for (std::int64_t b = 0; b < sizes[static_cast<std::size_t>(t)]; ++b) {
        const std::int64_t own = reverse ? lengths_[static_cast<std::size_t>(b)] - 1 - t : t;
        places.push_back(own * sizes.front() + b);
      }
    }
    places_ = torch::tensor(at::IntArrayRef(places), torch::kInt64);
  }

  const std::vector<std::int64_t>& lengths() const { return lengths_; }

  Tensor from_rows(const Tensor& rows) const {
    const auto sequences = static_cast<std::int64_t>(lengths_.size());
    return torch::zeros({steps_ * sequences, rows.size(1)}, rows.options())
        .index_copy(0, places_, rows)
        .view({steps_, sequences, rows.size(1)});
  }
  Tensor to_rows(const Tensor& steps) const { return steps.flatten(0, 1).index_select(0, places_); }

 private:
  std::int64_t steps_;
  std::vector<std::int64_t> lengths_;
  Tensor places_;
};

struct LayerPass {
  LayerTrajectory trajectory;
  Tensor output;  // [T, B, H] with its graph
};

/// `resets` [T, B] may be undefined; `start` has S tensors [B, H].
LayerPass pass(const RecurrentBase& module, LayerId id, const Tensor& input, std::vector<Tensor> state,
               const Tensor& resets, const std::vector<Tensor>& start) {
  const auto verbs = module.layer_steps(id);
  const std::int64_t steps = input.size(0), sequences = input.size(1);
  const auto projected = verbs.project(input.flatten(0, 1)).view({steps, sequences, -1}).unbind(0);
  std::vector<std::vector<Tensor>> states(state.size()), gates(module.facts().gates.size());
  const auto note = [](std::vector<std::vector<Tensor>>& kept, const std::vector<Tensor>& values) {
    for (std::size_t i = 0; i < kept.size(); ++i) kept[i].push_back(values[i].detach());
  };
  std::vector<Tensor> outputs;
  for (std::int64_t t = 0; t < steps; ++t) {
    for (std::size_t s = 0; resets.defined() && s < state.size(); ++s)
      state[s] = torch::where(resets[t].unsqueeze(1), start[s], state[s]);
    note(states, state);
    auto stepped = verbs.step(projected[static_cast<std::size_t>(t)], state);
    state = std::move(stepped.states);
    note(gates, stepped.gates);
    outputs.push_back(state.front());
  }
  note(states, state);
  LayerPass done{{.id = id,
                  .lengths = {},
                  .input = input.detach(),
                  .states = {},
                  .gates = {},
                  .resets = resets,
                  .entering = {}},
                 torch::stack(outputs)};
  for (const auto& kept : states) done.trajectory.states.push_back(torch::stack(kept));
  for (const auto& kept : gates) done.trajectory.gates.push_back(torch::stack(kept));
  return done;
}

/// Of states [L D, B, H] those of one layer and direction.
std::vector<Tensor> states_at(const std::vector<Tensor>& all, std::int64_t place) {
  std::vector<Tensor> states;
  for (const auto& state : all) states.push_back(state[place].to(torch::kCPU, torch::kDouble));
  return states;
}

/// The resets that a direction meets, in its own steps.
Tensor resets_in(const OwnSteps& own, const PackedBatch& rows, bool reverse) {
  const auto met = resets_of(rows, reverse);
  if (!met.defined()) return {};
  return own.from_rows(met.to(torch::kCPU, torch::kDouble).unsqueeze(1)).squeeze(2) > 0.0;
}

void check_finite(const LayerTrajectory& layer, const CellFacts& facts) {
  for (std::size_t s = 0; s < layer.states.size(); ++s) {
    for (std::int64_t b = 0; b < layer.sequences(); ++b) {
      const auto own =
          layer.states[s].select(1, b).narrow(0, 0, layer.lengths[static_cast<std::size_t>(b)] + 1);
      if (own.isfinite().all().item<bool>()) continue;
      throw Error(
          fmt::format("state {} of layer {} is not finite on this batch, so its gradient cannot be "
                      "analysed; try fewer --steps, or smaller recurrent weights",
                      facts.states[s], layer.id.layer));
    }
  }
}

/// A clone whose steps can be seen: of torch's own layer, which is closed, it is the cell with the same weights.
std::shared_ptr<torch::nn::Module> open_clone(const RecurrentBase& module) {
  std::shared_ptr<torch::nn::Module> found;
  const auto try_cell = [&]<class Cell>(std::type_identity<Cell>) {
    const auto* own = dynamic_cast<const RecurrentImpl<Cell>*>(&module);
    if (own) found = own->RecurrentImpl<Cell>::clone();
  };
  try_cell(std::type_identity<LstmCell>{});
  try_cell(std::type_identity<GruCell>{});
  try_cell(std::type_identity<RnnCell>{});
  try_cell(std::type_identity<ReluRnnCell>{});
  return found ? found : module.clone();
}

}  // namespace

void check_loss(const Tensor& loss) {
  if (loss.numel() != 1) {
    throw Error(
        fmt::format("the loss to be analysed has shape {}: it must be one number", c10::str(loss.sizes())));
  }
  if (!loss.requires_grad()) throw Error("the loss to be analysed does not depend on the module's output");
  const double value = loss.item<double>();
  if (!std::isfinite(value)) throw Error(fmt::format("the loss to be analysed is {}", value));
}

std::shared_ptr<RecurrentBase> analysis_copy(const RecurrentBase& module) {
  auto copy = std::dynamic_pointer_cast<RecurrentBase>(open_clone(module));
  copy->to(torch::kCPU, torch::kDouble);
  copy->eval();
  for (auto& parameter : copy->parameters()) {
    parameter.set_requires_grad(true);
    if (parameter.isfinite().all().item<bool>()) continue;
    throw Error("a weight of the network is not finite: nothing can be said of its gradient");
  }
  return copy;
}

FollowedBatch FollowedBatch::last_steps(RecurrentBase& module, std::int64_t steps) const {
  const std::int64_t before = rows.steps() - steps;
  if (steps <= 0 || before <= 0 || module.options.bidirectional()) return *this;
  check_sizes(rows);
  const auto split = rows.sizes.begin() + before;
  const std::int64_t first = std::accumulate(rows.sizes.begin(), split, std::int64_t{0});
  const torch::NoGradGuard no_grad;
  const auto cut = [](const Tensor& of_rows, std::int64_t from, std::int64_t to) {
    return of_rows.defined() ? of_rows.narrow(0, from, to - from) : of_rows;
  };
  const std::int64_t all = rows.data.size(0);
  const auto ran = module.run(
      {cut(rows.data, 0, first), {rows.sizes.begin(), split}, cut(rows.resets, 0, first)}, initial);
  FollowedBatch tail{
      {cut(rows.data, first, all), {split, rows.sizes.end()}, cut(rows.resets, first, all)}, {}, {}};
  for (const auto& state : ran.states) tail.initial.push_back(state.narrow(1, 0, *split));
  tail.loss = [whole = loss, output = ran.output](const Tensor& later) {
    return whole(torch::cat({output, later}));
  };
  return tail;
}

std::vector<LayerTrajectory> follow(RecurrentBase& module, const FollowedBatch& batch) {
  if (module.options.proj_size() > 0)
    throw Error("a module whose h is projected (proj_size) cannot be analysed");
  if (batch.rows.steps() == 0) throw Error("a batch of 0 steps has no gradient to analyse");
  const torch::AutoGradMode with_gradient(true);
  {
    const torch::NoGradGuard no_grad;
    module.run(batch.rows, batch.initial);  // refuses shapes that do not fit
  }
  const auto options = torch::TensorOptions(torch::kDouble);
  Tensor rows =
      dense_rows(batch.rows.data, module.options.input_size(), options).to(torch::kCPU, torch::kDouble);
  std::vector<LayerTrajectory> layers;
  std::vector<Tensor> outputs, here;
  const auto start = module.start(batch.rows.sequences());
  for (const LayerId id : module.layers()) {
    const OwnSteps own(batch.rows.sizes, id.reverse);
    const auto place = static_cast<std::int64_t>(layers.size());
    auto passed =
        pass(module, id, own.from_rows(rows), states_at(batch.initial.empty() ? start : batch.initial, place),
             resets_in(own, batch.rows, id.reverse), states_at(start, place));
    passed.trajectory.lengths = own.lengths();
    check_finite(passed.trajectory, module.facts());
    here.push_back(own.to_rows(passed.output));
    outputs.push_back(std::move(passed.output));
    layers.push_back(std::move(passed.trajectory));
    if (static_cast<std::int64_t>(here.size()) < module.options.directions()) continue;
    rows = here.size() == 1 ? here.front() : torch::cat(here, 1);
    here.clear();
  }
  const auto loss = batch.loss(rows);
  check_loss(loss);
  const auto gradients = torch::autograd::grad({loss}, outputs, {}, {}, false, /*allow_unused=*/true);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].entering = gradients[i].defined() ? gradients[i] : torch::zeros_like(outputs[i]);
  }
  return layers;
}

}  // namespace carousel
