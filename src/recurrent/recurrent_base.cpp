#include "carousel/recurrent/recurrent_base.h"

#include <cmath>

#include <fmt/format.h>
#include <torch/nn/init.h>

#include "carousel/error.h"
#include "carousel/recurrent/initialise.h"
#include "carousel/torch.h"

#include "recurrent/every_observer.h"
#include "recurrent/torch_engine.h"

namespace carousel {

using torch::Tensor;
using torch::nn::utils::rnn::PackedSequence;

namespace {

/// torch's packed sequences as a batch; its batch sizes are whole numbers of any width.
PackedBatch opened(const PackedSequence& packed) {
  const auto& sizes = packed.batch_sizes();
  if (sizes.dim() != 1 || !c10::isIntegralType(sizes.scalar_type(), /*includeBool=*/false)) {
    throw Error(
        fmt::format("the batch sizes of packed sequences are {} of shape {}: they must be whole numbers [T]",
                    c10::toString(sizes.scalar_type()), c10::str(sizes.sizes())));
  }
  const auto numbers = sizes.to(torch::kCPU, torch::kInt64).contiguous();
  const auto* first = numbers.const_data_ptr<std::int64_t>();
  return {packed.data(), {first, first + numbers.numel()}};
}

/// Throws Error unless every sequence is named once; undefined stands for their own order.
void check_order(const Tensor& order, std::int64_t sequences) {
  if (!order.defined()) return;
  const bool numbers = order.dim() == 1 && c10::isIntegralType(order.scalar_type(), /*includeBool=*/false);
  if (numbers && std::get<0>(order.sort()).equal(torch::arange(sequences, order.options()))) return;
  throw Error(fmt::format(
      "the indices of packed sequences, {} of shape {}, do not name each of the {} sequences once",
      c10::toString(order.scalar_type()), c10::str(order.sizes()), sequences));
}

/// The share of the rows that begin anew, of each step.
std::vector<double> reset_shares(const PackedBatch& batch) {
  std::vector<double> shares;
  for (const auto& rows : batch.resets.split_with_sizes(batch.sizes))
    shares.push_back(rows.to(torch::kDouble).mean().item<double>());
  return shares;
}

void reorder(std::vector<Tensor>& states, const Tensor& order) {
  if (!order.defined()) return;
  for (auto& state : states) state = state.index_select(1, order);
}

}  // namespace

RecurrentBase::RecurrentBase(RecurrentOptions given, const CellFacts& facts)
    : options(std::move(given)), facts_(facts) {
  if (!options.recurrence()) options.recurrence(facts_.recurrence);
  options.check();
  if (!options.learn_start()) return;
  for (std::size_t s = 0; s < facts_.states.size(); ++s) {
    for (const LayerId id : layers())
      register_parameter(start_name(facts_.states[s], id), torch::zeros({state_size(s)}));
  }
}

std::int64_t RecurrentBase::input_size(std::int64_t layer) const {
  return layer == 0 ? options.input_size() : options.directions() * options.output_size();
}

std::int64_t RecurrentBase::state_size(std::size_t state) const {
  return state == 0 ? options.output_size() : options.hidden_size();
}

std::size_t RecurrentBase::index(LayerId id) const {
  return static_cast<std::size_t>(id.layer * options.directions() + (id.reverse ? 1 : 0));
}

std::string RecurrentBase::suffix(LayerId id) {
  return fmt::format("_l{}{}", id.layer, id.reverse ? "_reverse" : "");
}

std::string RecurrentBase::start_name(const char* state, LayerId id) {
  return fmt::format("start_{}{}", state, suffix(id));
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
  for (auto& weight : all_weights()) torch::nn::init::uniform_(weight, -bound, bound);
  reset_start();
  start_vectors(*this);
  if (facts_.identity_start) start_as_identity(*this);
}

std::vector<Tensor> RecurrentBase::all_weights() const {
  auto weights = parameters();  // learned initial states are the first
  if (options.learn_start())
    weights.erase(weights.begin(),
                  weights.begin() + static_cast<std::ptrdiff_t>(facts_.states.size() * layers().size()));
  return weights;
}

std::vector<std::vector<Tensor>> RecurrentBase::learned_start() const {
  std::vector<std::vector<Tensor>> learned;
  for (const char* state : facts_.states) {
    learned.emplace_back();
    for (const LayerId id : layers()) learned.back().push_back(*parameters_.find(start_name(state, id)));
  }
  return learned;
}

void RecurrentBase::reset_start() {
  if (!options.learn_start()) return;
  for (auto& state : learned_start()) {
    for (auto& start : state) torch::nn::init::zeros_(start);
  }
}

std::vector<Tensor> RecurrentBase::start(std::int64_t sequences) const {
  const std::int64_t rows = options.num_layers() * options.directions();
  const auto learned = options.learn_start() ? learned_start() : std::vector<std::vector<Tensor>>{};
  std::vector<Tensor> states;
  for (std::size_t s = 0; s < facts_.states.size(); ++s) {
    const std::vector<std::int64_t> shape{rows, sequences, state_size(s)};
    states.push_back(learned.empty() ? weights({}).weight_ih.new_zeros(shape)
                                     : torch::stack(learned[s]).unsqueeze(1).expand(shape));
  }
  return states;
}

std::vector<Tensor> RecurrentBase::initial_or_learned(std::int64_t sequences,
                                                      const std::vector<Tensor>& given) const {
  return given.empty() && options.learn_start() ? start(sequences) : given;
}

StackResult RecurrentBase::run(const PackedBatch& batch, const std::vector<Tensor>& initial) {
  const auto ready = checked(batch, batch.sequences(), initial);
  return run_stack(ready, initial_or_learned(ready.sequences(), initial));
}

StackResult RecurrentBase::run_stack(const PackedBatch& batch, const std::vector<Tensor>& given) {
  const auto observer = all_of(observer_, listeners_);
  const bool open = observer || batch.resets.defined() || batch.steps() == 0;
  if (!open && torch_layer() && engine_choice().engine == Engine::torch)
    return run_torch_stack(*this, batch, given.empty() ? start(batch.sequences()) : given);
  const std::int64_t first_step = observer ? observer->begin(facts_, batch.steps()) : 0;
  if (observer && batch.resets.defined()) observer->resets(first_step, reset_shares(batch));
  const auto noise = next_noise(batch.steps());
  std::vector<std::vector<Tensor>> last(facts_.states.size());
  PackedBatch below = batch;

  for (std::int64_t layer = 0; layer < options.num_layers(); ++layer) {
    std::vector<Tensor> outputs;
    for (const bool reverse : {false, true}) {
      if (reverse && !options.bidirectional()) break;
      const LayerId id{layer, reverse};
      std::vector<Tensor> start;
      for (const auto& state : given) start.push_back(state[static_cast<std::int64_t>(index(id))]);
      const auto call = call_of({observer, id, first_step, facts_.activations}, noise);
      auto ran = run_layer(call, {below.data, below.sizes, resets_of(below, reverse)}, start);
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
                                                                 const std::vector<Tensor>& initial,
                                                                 const Tensor& resets) {
  if (input.dim() != 3 && !are_padded_classes(input)) {
    throw Error(fmt::format("the input of {} has {} dimensions: it must have 3, {}", facts_.name, input.dim(),
                            options.batch_first() ? "[B, T, I]" : "[T, B, I]"));
  }
  const auto time_major = options.batch_first() ? input.transpose(0, 1) : input;
  const std::int64_t steps = time_major.size(0), sequences = time_major.size(1);
  const std::vector<std::int64_t> sizes(static_cast<std::size_t>(steps), sequences);
  const auto marks = time_major_resets(resets, steps, sequences);
  const auto batch = checked({time_major.flatten(0, 1), sizes, marks}, sequences, initial);
  // Of no steps there is no output, and the state is the one it began with.
  auto result = steps > 0 ? run_stack(batch, initial_or_learned(sequences, initial))
                          : StackResult{weights({}).weight_ih.new_empty({0}),
                                        initial.empty() ? start(sequences) : initial};
  const auto output = result.output.view({steps, sequences, options.directions() * options.output_size()});
  return {options.batch_first() ? output.transpose(0, 1) : output, std::move(result.states)};
}

std::pair<PackedSequence, std::vector<Tensor>> RecurrentBase::run_packed(const PackedSequence& packed,
                                                                         std::vector<Tensor> initial,
                                                                         const Tensor& resets) {
  auto batch = opened(packed);
  batch.resets = resets;
  batch = checked(batch, batch.sequences(), initial);
  check_order(packed.sorted_indices(), batch.sequences());
  check_order(packed.unsorted_indices(), batch.sequences());
  reorder(initial, packed.sorted_indices());
  auto result = run_stack(batch, initial_or_learned(batch.sequences(), initial));
  reorder(result.states, packed.unsorted_indices());
  return {
      PackedSequence(result.output, packed.batch_sizes(), packed.sorted_indices(), packed.unsorted_indices()),
      std::move(result.states)};
}

void RecurrentBase::refuse_other_recurrence(const char* reason) const {
  const Recurrence recurrence = *options.recurrence();
  if (recurrence == Recurrence{}) return;
  throw Error(fmt::format("the recurrence of {} cannot be {}, because {}: leave it full", facts_.name,
                          recurrence.text(), reason));
}

void RecurrentBase::pretty_print(std::ostream& stream) const {
  stream << "carousel::Recurrent<" << facts_.name << ">(input_size=" << options.input_size()
         << ", hidden_size=" << options.hidden_size()
         << (options.proj_size() > 0 ? fmt::format(", proj_size={}", options.proj_size()) : "")
         << ", num_layers=" << options.num_layers() << ", bias=" << (options.bias() ? "true" : "false")
         << ", batch_first=" << (options.batch_first() ? "true" : "false")
         << ", dropout=" << options.dropout()
         << ", bidirectional=" << (options.bidirectional() ? "true" : "false")
         << (*options.recurrence() == Recurrence{} ? "" : ", recurrence=" + options.recurrence()->text())
         << (options.learn_start() ? ", learn_start=true" : "") << ")";
}

}  // namespace carousel
