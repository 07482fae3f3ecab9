#include "carousel/recurrent/recurrent_base.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/nn/init.h>

#include "carousel/error.h"
#include "carousel/recurrent/initialise.h"

namespace carousel {

using torch::Tensor;
using torch::nn::utils::rnn::PackedSequence;

RecurrentBase::RecurrentBase(RecurrentOptions given, const CellFacts& facts)
    : options(std::move(given)), facts_(facts) {
  options.check();
}

std::int64_t RecurrentBase::input_size(std::int64_t layer) const {
  return layer == 0 ? options.input_size() : options.directions() * options.hidden_size();
}

std::size_t RecurrentBase::index(LayerId id) const {
  return static_cast<std::size_t>(id.layer * options.directions() + (id.reverse ? 1 : 0));
}

std::string RecurrentBase::suffix(LayerId id) {
  return fmt::format("_l{}{}", id.layer, id.reverse ? "_reverse" : "");
}

std::vector<LayerId> RecurrentBase::layers() const {
  std::vector<LayerId> ids;
  for (std::int64_t layer = 0; layer < options.num_layers(); ++layer) {
    ids.push_back({layer, false});
    if (options.bidirectional()) ids.push_back({layer, true});
  }
  return ids;
}

void RecurrentBase::reset_parameters() {
  const double bound = 1.0 / std::sqrt(static_cast<double>(options.hidden_size()));
  for (auto& parameter : parameters()) torch::nn::init::uniform_(parameter, -bound, bound);
  if (facts_.identity_start) start_as_identity(*this);
}

StackResult RecurrentBase::run(const PackedBatch& batch, const std::vector<Tensor>& given) {
  check(batch, given);
  const std::int64_t first_step = observer_ ? observer_->begin(facts_, batch.steps()) : 0;
  std::vector<std::vector<Tensor>> last(facts_.states.size());
  PackedBatch below = batch;

  for (std::int64_t layer = 0; layer < options.num_layers(); ++layer) {
    std::vector<Tensor> outputs;
    for (const bool reverse : {false, true}) {
      if (reverse && !options.bidirectional()) break;
      const LayerId id{layer, reverse};
      std::vector<Tensor> start;
      for (const auto& state : given) start.push_back(state[static_cast<std::int64_t>(index(id))]);
      auto ran = run_layer({observer_, id, first_step, facts_.activations}, below, start);
      outputs.push_back(std::move(ran.output));
      for (std::size_t s = 0; s < last.size(); ++s) last[s].push_back(std::move(ran.last[s]));
    }
    below.data = outputs.size() == 1 ? outputs.front() : torch::cat(outputs, 1);
    if (layer + 1 < options.num_layers())
      below.data = torch::dropout(below.data, options.dropout(), is_training());
  }

  StackResult result{below.data, {}};
  for (const auto& state : last) result.states.push_back(torch::stack(state));
  return result;
}

std::pair<Tensor, std::vector<Tensor>> RecurrentBase::run_padded(const Tensor& input,
                                                                 const std::vector<Tensor>& initial) {
  if (input.dim() != 3) {
    throw Error(fmt::format("the input of {} has {} dimensions: it must have 3, {}", facts_.name, input.dim(),
                            options.batch_first() ? "[B, T, I]" : "[T, B, I]"));
  }
  const auto time_major = options.batch_first() ? input.transpose(0, 1) : input;
  const std::int64_t steps = time_major.size(0), sequences = time_major.size(1);
  if (steps == 0) return nothing_read(time_major, initial);
  const PackedBatch batch{time_major.reshape({steps * sequences, time_major.size(2)}),
                          std::vector<std::int64_t>(static_cast<std::size_t>(steps), sequences)};
  auto result = run(batch, initial);
  const auto output = result.output.view({steps, sequences, options.directions() * options.hidden_size()});
  return {options.batch_first() ? output.transpose(0, 1) : output, std::move(result.states)};
}

std::pair<Tensor, std::vector<Tensor>> RecurrentBase::nothing_read(const Tensor& time_major,
                                                                   const std::vector<Tensor>& initial) const {
  const std::int64_t sequences = time_major.size(1), hidden = options.hidden_size();
  const auto output = torch::empty({0, sequences, options.directions() * hidden}, time_major.options());
  auto states = initial;
  if (states.empty()) {
    const auto zeros =
        torch::zeros({options.num_layers() * options.directions(), sequences, hidden}, time_major.options());
    states.assign(facts_.states.size(), zeros);
  }
  return {options.batch_first() ? output.transpose(0, 1) : output, std::move(states)};
}

std::pair<PackedSequence, std::vector<Tensor>> RecurrentBase::run_packed(const PackedSequence& packed,
                                                                         std::vector<Tensor> initial) {
  const auto sizes = packed.batch_sizes().contiguous();
  const auto* begin = sizes.const_data_ptr<std::int64_t>();
  const auto reorder = [](std::vector<Tensor>& states, const Tensor& order) {
    if (!order.defined()) return;
    for (auto& state : states) state = state.index_select(1, order);
  };
  reorder(initial, packed.sorted_indices());
  auto result = run({packed.data(), {begin, begin + sizes.numel()}}, initial);
  reorder(result.states, packed.unsorted_indices());
  return {
      PackedSequence(result.output, packed.batch_sizes(), packed.sorted_indices(), packed.unsorted_indices()),
      std::move(result.states)};
}

std::vector<Tensor> RecurrentBase::checked_states(const PackedBatch& batch,
                                                  const std::vector<Tensor>& given) const {
  check(batch, given);
  if (!given.empty()) return given;
  const auto zeros =
      torch::zeros({options.num_layers() * options.directions(), batch.sequences(), options.hidden_size()},
                   parameters().front().options());
  return std::vector<Tensor>(facts_.states.size(), zeros);
}

void RecurrentBase::check_rows(const Tensor& rows) const {
  if (!are_classes(rows)) {
    if (rows.dim() == 2 && rows.size(1) == options.input_size()) return;
    throw Error(fmt::format("the input of {} has {} features a step: it was built for {}", facts_.name,
                            rows.size(-1), options.input_size()));
  }
  if (rows.numel() == 0) return;
  const auto [least, greatest] = torch::aminmax(rows);
  for (const auto number : {least.item<std::int64_t>(), greatest.item<std::int64_t>()}) {
    if (number >= 0 && number < options.input_size()) continue;
    throw Error(fmt::format("the input of {} has the class {}: it must be from 0 to {}", facts_.name, number,
                            options.input_size() - 1));
  }
}

void RecurrentBase::check(const PackedBatch& batch, const std::vector<Tensor>& initial) const {
  check_rows(batch.data);
  if (initial.empty()) return;
  const std::vector<std::int64_t> expected{options.num_layers() * options.directions(), batch.sequences(),
                                           options.hidden_size()};
  if (initial.size() != facts_.states.size()) {
    throw Error(fmt::format("{} initial states were given to {}: it has {}", initial.size(), facts_.name,
                            facts_.states.size()));
  }
  for (std::size_t s = 0; s < initial.size(); ++s) {
    if (initial[s].sizes() != at::IntArrayRef(expected)) {
      throw Error(fmt::format("the initial state {} of {} has shape {}: it must be [{}]", facts_.states[s],
                              facts_.name, c10::str(initial[s].sizes()), fmt::join(expected, ", ")));
    }
  }
}

void RecurrentBase::pretty_print(std::ostream& stream) const {
  stream << "carousel::Recurrent<" << facts_.name << ">(input_size=" << options.input_size()
         << ", hidden_size=" << options.hidden_size() << ", num_layers=" << options.num_layers()
         << ", bias=" << (options.bias() ? "true" : "false")
         << ", batch_first=" << (options.batch_first() ? "true" : "false")
         << ", dropout=" << options.dropout()
         << ", bidirectional=" << (options.bidirectional() ? "true" : "false") << ")";
}

}  // namespace carousel
