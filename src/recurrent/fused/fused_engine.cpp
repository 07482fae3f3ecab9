#include "carousel/recurrent/fused/fused_engine.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include "carousel/recurrent/recurrent_product.h"

#include "report.h"
#include "sequence.h"
#include "tensors.h"

namespace carousel::fused {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

/// What forward and backward share: the request, and where each tensor stands in the list of inputs.
struct Job : torch::CustomClassHolder {
  LayerRequest request;
  bool bias = false, initial = false;
  std::int64_t units = 0, inputs = 0, parts = 1, chunk_steps = 1;
  Recurrence recurrence;
  SimdLevel level = SimdLevel::portable;
  Keep keep = Keep::nothing;
  /// Since a gradient was differentiated: parts of later gradients go past this node, so its kernels cannot
  /// measure them.
  std::shared_ptr<GradientSums> sums;

  const FusedCell& cell() const { return *request.cell; }
  std::size_t first_vector() const { return bias ? 5 : 3; }
  std::size_t first_initial() const { return first_vector() + cell().vectors; }
  std::size_t count() const { return first_initial() + (initial ? cell().states : 0); }
};
using JobPointer = c10::intrusive_ptr<Job>;

void in_parallel(std::int64_t count, const std::function<void(std::int64_t)>& work) {
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) work(i);
  });
}

Layout layout_of(const Job& job) {
  return {job.request.sizes, job.request.tap.id.reverse, job.parts};
}

template <class T> Sequence<T> sequence_of(const Job& job, const Layout& layout, const variable_list& given) {
  const auto at = [&](std::size_t i) { return given[i].const_data_ptr<T>(); };
  Sequence<T> s{
      .cell = job.cell(), .layout = layout, .level = job.level, .inputs = job.inputs, .units = job.units};
  s.recurrence = job.recurrence, s.chunk_steps = job.chunk_steps;
  if (are_classes(given[0])) {
    s.classes = given[0].const_data_ptr<std::int64_t>();
  } else {
    s.input = at(0);
  }
  s.weight_ih = at(1);
  if (s.recurrent_size() > 0) s.weight_hh = at(2);
  if (job.bias) s.bias_ih = at(3), s.bias_hh = at(4);
  for (std::size_t v = 0; v < job.cell().vectors; ++v) s.vectors[v] = at(job.first_vector() + v);
  if (!job.initial) return s;
  for (std::size_t k = 0; k < job.cell().states; ++k) s.initial[k] = at(job.first_initial() + k);
  return s;
}

template <class T>
variable_list forward_as(AutogradContext* ctx, const JobPointer& job, const variable_list& given) {
  const Layout layout = layout_of(*job);
  const Sequence<T> sequence = sequence_of<T>(*job, layout, given);
  const auto options = given[1].options().requires_grad(false);
  variable_list outputs{pooled({given[0].size(0), job->units}, options)};
  ForwardResult<T> result;
  result.output = outputs[0].mutable_data_ptr<T>();
  for (std::size_t s = 0; s < job->cell().states; ++s) {
    outputs.push_back(torch::empty({layout.sequences(), job->units}, options));
    result.last[s] = outputs.back().mutable_data_ptr<T>();
  }
  const bool listening = job->request.tap.observer != nullptr;
  run_forward(sequence, job->keep, listening, in_parallel, result);
  if (listening) report_forward(job->request.tap, job->cell(), job->units, layout, result.figures);
  if (job->keep == Keep::nothing) return outputs;
  if (listening) await_gradients(job->request.tap, job->cell(), layout);

  // As saved variables, all of it is freed when the graph is, and changes to any of it are noticed.
  variable_list saved = given;
  saved.push_back(outputs[0]);
  for (const auto& buffer : job->keep == Keep::everything ? result.tape.kept : result.tape.checkpoints) {
    saved.push_back(as_tensor(buffer));
  }
  ctx->save_for_backward(std::move(saved));
  ctx->saved_data["job"] = c10::IValue::make_capsule(job);
  ctx->set_materialize_grads(false);
  return outputs;
}

/// The gradients by the loop engine. With `create_graph` they can be differentiated themselves.
variable_list backward_on_loop(const Job& job, const variable_list& saved, const variable_list& gradients,
                               bool create_graph) {
  const torch::AutoGradMode with_gradient(true);
  variable_list inputs;  // aliases: one input may have been computed from another
  for (std::size_t i = 0; i < job.count(); ++i) {
    inputs.push_back(saved[i].requires_grad() ? saved[i].view_as(saved[i]) : saved[i]);
  }
  LayerWeights weights{
      .weight_ih = inputs[1], .weight_hh = inputs[2], .bias_ih = {}, .bias_hh = {}, .vectors = {}};
  if (job.recurrence.form == Recurrence::Form::none) weights.weight_hh = Tensor();
  if (job.bias) weights.bias_ih = inputs[3], weights.bias_hh = inputs[4];
  const auto from = [&](std::size_t i) { return inputs.begin() + static_cast<std::ptrdiff_t>(i); };
  weights.vectors.assign(from(job.first_vector()), from(job.first_initial()));
  const auto result =
      job.request.loop(inputs[0], weights, {from(job.first_initial()), inputs.end()}, job.sums);

  variable_list outputs, output_gradients, wanted;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const auto& output = i == 0 ? result.output : result.last[i - 1];
    // A state may depend on nothing that needs a gradient, a peephole LSTM's c on its weight_co for one.
    if (!gradients[i].defined() || !output.requires_grad()) continue;
    outputs.push_back(output);
    output_gradients.push_back(gradients[i]);
  }
  for (const auto& input : inputs) {
    if (input.requires_grad()) wanted.push_back(input);
  }
  variable_list found, all{Tensor()};
  if (outputs.empty()) {
    for (const auto& input : wanted) found.push_back(torch::zeros_like(input));
  } else {
    found = torch::autograd::grad(outputs, wanted, output_gradients, {}, create_graph, /*allow_unused=*/true);
  }
  auto next = found.begin();
  for (const auto& input : inputs) all.push_back(input.requires_grad() ? *next++ : Tensor());
  return all;
}

/// The same, where somebody listens: what arrives at the states is reported, in this pass and in later ones.
variable_list measured_on_loop(Job& job, const variable_list& saved, const variable_list& gradients,
                               bool create_graph) {
  const auto& tap = job.request.tap;
  if (!tap.observer) return backward_on_loop(job, saved, gradients, create_graph);
  if (!job.sums) job.sums = std::make_shared<GradientSums>(tap.observer, tap.id, tap.first_step);
  const GradientSums::Within within(*job.sums);
  return backward_on_loop(job, saved, gradients, create_graph);
}

template <class T>
variable_list backward_as(AutogradContext* ctx, const Job& job, const variable_list& saved,
                          const variable_list& gradients) {
  const Layout layout = layout_of(job);
  const Sequence<T> sequence = sequence_of<T>(job, layout, saved);
  variable_list contiguous, found(1 + job.count());
  const auto pointer = [&](const Tensor& gradient) -> const T* {
    if (!gradient.defined()) return nullptr;
    contiguous.push_back(gradient.contiguous());
    return contiguous.back().const_data_ptr<T>();
  };
  BackwardGiven<T> given{.output = saved[job.count()].const_data_ptr<T>(),
                         .output_gradient = pointer(gradients[0]),
                         .last_gradient = {}};
  for (std::size_t s = 0; s < job.cell().states; ++s) given.last_gradient[s] = pointer(gradients[1 + s]);

  const auto wanted = [&](std::size_t i) -> T* {
    if (!ctx->needs_input_grad(i)) return nullptr;
    found[1 + i] = pooled(saved[i].sizes(), saved[i].options().requires_grad(false));
    return found[1 + i].mutable_data_ptr<T>();
  };
  BackwardResult<T> result;
  result.input = wanted(0);
  result.weight_ih = wanted(1), result.weight_hh = wanted(2);
  if (job.bias) result.bias_ih = wanted(3), result.bias_hh = wanted(4);
  for (std::size_t v = 0; v < job.cell().vectors; ++v) result.vectors[v] = wanted(job.first_vector() + v);
  for (std::size_t s = 0; job.initial && s < job.cell().states; ++s)
    result.initial[s] = wanted(job.first_initial() + s);

  Tape<T> tape;
  auto& buffers = job.keep == Keep::everything ? tape.kept : tape.checkpoints;
  for (std::size_t i = job.count() + 1; i < saved.size(); ++i) buffers.push_back(as_buffer<T>(saved[i]));
  const bool listening = job.request.tap.observer != nullptr && !job.sums;
  run_backward(sequence, given, tape, listening, in_parallel, result);
  if (listening) report_backward(job.request.tap, job.cell(), layout, result.figures);
  return found;
}

struct FusedLayer : torch::autograd::Function<FusedLayer> {
  static variable_list forward(AutogradContext* ctx, const JobPointer& job, at::TensorList given) {
    const variable_list inputs = given.vec();
    return inputs[1].scalar_type() == torch::kFloat ? forward_as<float>(ctx, job, inputs)
                                                    : forward_as<double>(ctx, job, inputs);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto job = c10::static_intrusive_pointer_cast<Job>(ctx->saved_data["job"].toCapsule());
    const auto saved = ctx->get_saved_variables();
    if (torch::GradMode::is_enabled()) return measured_on_loop(*job, saved, gradients, /*create_graph=*/true);
    if (job->sums) measured_on_loop(*job, saved, gradients, /*create_graph=*/false);  // for the figures alone
    return saved[1].scalar_type() == torch::kFloat ? backward_as<float>(ctx, *job, saved, gradients)
                                                   : backward_as<double>(ctx, *job, saved, gradients);
  }
};

/// A chunk has so many rows, or up to twice as many: then the products over many steps are efficient and
/// still fit the cache.
constexpr std::int64_t chunk_rows = 256;

void plan_work(Job& job, std::int64_t rows) {
  const auto steps = static_cast<std::int64_t>(job.request.sizes.size());
  std::int64_t sequences = 0;
  for (const auto size : job.request.sizes) sequences = std::max(sequences, size);
  const double multiplications = static_cast<double>(rows) * static_cast<double>(job.units) *
                                 static_cast<double>(job.inputs + job.recurrence.width(job.units)) *
                                 static_cast<double>(job.cell().gates);
  job.parts = choose_parts(at::in_parallel_region() ? 1 : at::get_num_threads(), sequences, multiplications);
  const std::int64_t rows_a_step = std::max<std::int64_t>(1, (sequences + job.parts - 1) / job.parts);
  const std::int64_t chunks = std::max<std::int64_t>(1, steps * rows_a_step / chunk_rows);
  job.chunk_steps = (steps + chunks - 1) / chunks;
  if (job.request.save_memory) {
    const auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(steps)));
    job.chunk_steps = std::max(job.chunk_steps, root);
  }
  job.chunk_steps = std::clamp<std::int64_t>(job.chunk_steps, 1, std::max<std::int64_t>(1, steps));
}

}  // namespace

LayerOutput run_layer(LayerRequest request, const Tensor& input, const LayerWeights& weights,
                      const std::vector<Tensor>& initial) {
  // Where there is no recurrence, nothing stands in the place of its matrix.
  const auto recurrent = weights.weight_hh.defined()
                             ? weights.weight_hh.contiguous()
                             : torch::empty({0}, weights.weight_ih.options().requires_grad(false));
  variable_list given{input.contiguous(), weights.weight_ih.contiguous(), recurrent};
  if (weights.bias_ih.defined())
    given.push_back(weights.bias_ih.contiguous()), given.push_back(weights.bias_hh.contiguous());
  for (const auto& vector : weights.vectors) given.push_back(vector.contiguous());
  for (const auto& state : initial) given.push_back(state.contiguous());
  auto job = c10::make_intrusive<Job>();
  job->request = std::move(request);
  job->bias = weights.bias_ih.defined();
  job->initial = !initial.empty();
  job->recurrence = recurrence_of(weights.weight_hh);
  job->units = weights.weight_ih.size(0) / static_cast<std::int64_t>(job->cell().gates);
  job->inputs = weights.weight_ih.size(1);
  job->level = simd_level();
  bool differentiate = false;
  for (const auto& tensor : given) differentiate = differentiate || tensor.requires_grad();
  if (differentiate && torch::GradMode::is_enabled()) {
    job->keep = job->request.save_memory ? Keep::checkpoints : Keep::everything;
  }
  plan_work(*job, input.size(0));
  auto outputs = FusedLayer::apply(job, at::TensorList(given));
  return {outputs[0], {outputs.begin() + 1, outputs.end()}};
}

}  // namespace carousel::fused
