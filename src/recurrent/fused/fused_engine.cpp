#include "carousel/recurrent/fused/fused_engine.h"

#include <ATen/Parallel.h>

#include "flush_denormals.h"
#include "forked.h"
#include "job.h"
#include "report.h"
#include "tensors.h"

namespace carousel::fused {

using torch::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

void in_parallel(std::int64_t count, const std::function<void(std::int64_t)>& work) {
  const auto run = [&](std::int64_t begin, std::int64_t end) {
    const FlushDenormals flush;
    for (std::int64_t i = begin; i < end; ++i) work(i);
  };
  if (forked()) return run(0, count);
  at::parallel_for(0, count, 1, run);
}

}  // namespace

template <class T> variable_list forward_pass(const Job& job, const variable_list& given, Tape<T>& tape) {
  const Layout layout = layout_of(job);
  const Sequence<T> sequence = sequence_of<T>(job, layout, given);
  const auto options = given[1].options().requires_grad(false);
  variable_list outputs{pooled({given[0].size(0), job.units}, options)};
  ForwardResult<T> result;
  result.output = outputs[0].mutable_data_ptr<T>();
  for (std::size_t s = 0; s < job.cell().states; ++s) {
    outputs.push_back(torch::empty({layout.sequences(), job.units}, options));
    result.last[s] = outputs.back().mutable_data_ptr<T>();
  }
  result.tape = std::move(tape);
  const bool listening = job.tap().observer != nullptr;
  run_forward(sequence, job.keep, listening, in_parallel, result);
  tape = std::move(result.tape);
  if (listening) report_forward(job.tap(), job.cell(), job.units, layout, result.figures);
  if (listening && job.keep != Keep::nothing) await_gradients(job.tap(), job.cell(), layout);
  return outputs;
}

template <class T>
variable_list backward_pass(const Job& job, const variable_list& given, const Tape<T>& tape,
                            const Tensor& output, const variable_list& gradients,
                            const std::function<bool(std::size_t)>& wants) {
  const Layout layout = layout_of(job);
  const Sequence<T> sequence = sequence_of<T>(job, layout, given);
  variable_list contiguous, found(1 + job.count());
  const auto pointer = [&](const Tensor& gradient) -> const T* {
    if (!gradient.defined()) return nullptr;
    contiguous.push_back(gradient.contiguous());
    return contiguous.back().const_data_ptr<T>();
  };
  BackwardGiven<T> arriving{
      .output = output.const_data_ptr<T>(), .output_gradient = pointer(gradients[0]), .last_gradient = {}};
  for (std::size_t s = 0; s < job.cell().states; ++s) arriving.last_gradient[s] = pointer(gradients[1 + s]);

  const auto wanted = [&](std::size_t i) -> T* {
    if (!wants(i)) return nullptr;
    found[1 + i] = pooled(given[i].sizes(), given[i].options().requires_grad(false));
    return found[1 + i].mutable_data_ptr<T>();
  };
  BackwardResult<T> result;
  result.input = wanted(0);
  result.weight_ih = wanted(1), result.weight_hh = wanted(2);
  if (job.bias) result.bias_ih = wanted(3), result.bias_hh = wanted(4);
  for (std::size_t v = 0; v < job.cell().vectors; ++v) result.vectors[v] = wanted(job.first_vector() + v);
  for (std::size_t s = 0; job.initial && s < job.cell().states; ++s)
    result.initial[s] = wanted(job.first_initial() + s);
  for (std::size_t s = 0; job.start && s < job.cell().states; ++s)
    result.start[s] = wanted(job.first_start() + s);

  const bool listening = job.tap().observer != nullptr && !job.sums;
  run_backward(sequence, arriving, tape, listening, in_parallel, result);
  if (listening) report_backward(job.tap(), job.cell(), layout, result.figures);
  return found;
}

namespace {

template <class T>
variable_list forward_as(AutogradContext* ctx, const JobPointer& job, const variable_list& given) {
  Tape<T> tape;
  auto outputs = forward_pass(*job, given, tape);
  if (job->keep == Keep::nothing) return outputs;

  // As saved variables, all of it is freed when the graph is, and changes to any of it are noticed.
  variable_list saved = given;
  saved.push_back(outputs[0]);
  for (const auto& buffer : job->keep == Keep::everything ? tape.kept : tape.checkpoints) {
    saved.push_back(as_tensor(buffer));
  }
  ctx->save_for_backward(std::move(saved));
  ctx->saved_data["job"] = c10::IValue::make_capsule(job);
  ctx->set_materialize_grads(false);
  return outputs;
}

template <class T>
variable_list backward_as(AutogradContext* ctx, const Job& job, const variable_list& saved,
                          const variable_list& gradients) {
  Tape<T> tape;
  auto& buffers = job.keep == Keep::everything ? tape.kept : tape.checkpoints;
  for (std::size_t i = job.count() + 1; i < saved.size(); ++i) buffers.push_back(as_buffer<T>(saved[i]));
  return backward_pass(job, saved, tape, saved[job.count()], gradients,
                       [&](std::size_t i) { return ctx->needs_input_grad(i); });
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
    if (torch::GradMode::is_enabled()) return backward_on_loop(*job, saved, gradients, /*create_graph=*/true);
    if (job->sums) backward_on_loop(*job, saved, gradients, /*create_graph=*/false);  // for the figures alone
    return saved[1].scalar_type() == torch::kFloat ? backward_as<float>(ctx, *job, saved, gradients)
                                                   : backward_as<double>(ctx, *job, saved, gradients);
  }
};

}  // namespace

template variable_list forward_pass<float>(const Job&, const variable_list&, Tape<float>&);
template variable_list forward_pass<double>(const Job&, const variable_list&, Tape<double>&);
template variable_list backward_pass<float>(const Job&, const variable_list&, const Tape<float>&,
                                            const Tensor&, const variable_list&,
                                            const std::function<bool(std::size_t)>&);
template variable_list backward_pass<double>(const Job&, const variable_list&, const Tape<double>&,
                                             const Tensor&, const variable_list&,
                                             const std::function<bool(std::size_t)>&);

LayerOutput run_layer(LayerRequest request, const LayerWeights& weights, const std::vector<Tensor>& initial) {
  const auto [job, given] = make_job(std::move(request), weights, initial);
  auto outputs = FusedLayer::apply(job, at::TensorList(given));
  return {outputs[0], {outputs.begin() + 1, outputs.end()}};
}

}  // namespace carousel::fused
