#include "layer.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"

#include "recurrent/fused/tensors.h"
#include "tape.h"
#include "taps.h"

namespace carousel::python {

using torch::Tensor;

namespace {

struct Prepared {
  fused::JobPointer job;
  Tensors given;
  std::int64_t rows = 0;
};

std::vector<std::int64_t> step_sizes(const LayerGiven& given) {
  if (!given.batch_sizes) {
    return std::vector<std::int64_t>(static_cast<std::size_t>(given.input.size(0)), given.input.size(1));
  }
  const auto sizes = given.batch_sizes->contiguous();
  const auto* first = sizes.const_data_ptr<std::int64_t>();
  return {first, first + sizes.numel()};
}

/// The job of a call that has been checked here, and its inputs in the job's order.
Prepared prepare(const LayerGiven& given) {
  check(given);
  const auto& cell = find_cell(given.cell);
  fused::LayerRequest request;
  request.cell = cell.kernels(), request.loop = cell.loop;
  request.batch = {given.input.reshape({-1, given.input.size(-1)}), step_sizes(given)};
  request.call.tap.id.reverse = given.reverse;
  request.call.tap.observer = observer_of(given.tap);
  request.call.tap.activations = cell.cell.facts.activations;
  const LayerWeights weights{.weight_ih = given.weight_ih,
                             .weight_hh = given.weight_hh.value_or(Tensor()),
                             .bias_ih = given.bias_ih.value_or(Tensor()),
                             .bias_hh = given.bias_hh.value_or(Tensor()),
                             .vectors = given.vectors};
  const std::int64_t rows = request.batch.data.size(0);
  auto [job, inputs] = fused::make_job(std::move(request), weights, given.initial);
  job->parts = std::min(job->parts, most_parts);
  return {std::move(job), std::move(inputs), rows};
}

/// What is the job's of each tensor that was given: the same numbers but where there is no weight_hh, in whose place the job has
/// an empty tensor.
std::size_t job_index(const LayerGiven& given, std::size_t i) {
  return i >= 2 && !given.weight_hh ? i + 1 : i;
}

/// A tensor of rows, [N, .], as the input lies: [T, B, .] of a padded one.
Tensor as_input(const LayerGiven& given, const Tensor& rows) {
  if (given.batch_sizes) return rows;
  return rows.reshape({given.input.size(0), given.input.size(1), rows.size(-1)});
}

/// The gradients of h of every row and of the last states; undefined for zeros.
Tensors arriving_rows(const LayerGiven& given, const LayerArriving& arriving, std::int64_t units) {
  Tensors all{arriving.output ? arriving.output->reshape({-1, units}) : Tensor()};
  all.insert(all.end(), arriving.last.begin(), arriving.last.end());
  all.resize(static_cast<std::size_t>(1 + given.states()));
  return all;
}

/// Throws Error unless what comes back has the shapes of what went out.
void check_arriving(const LayerGiven& given, const LayerArriving& arriving, const Tensor& output,
                    const fused::Job& job, std::int64_t rows) {
  const auto refuse = [](const char* what, const Tensor& tensor) {
    throw Error(fmt::format("{}, {} of shape {}, does not fit the layer", what,
                            c10::toString(tensor.scalar_type()), c10::str(tensor.sizes())));
  };
  const auto fits = [&](const Tensor& tensor, std::int64_t numbers) {
    return tensor.device().is_cpu() && tensor.scalar_type() == given.weight_ih.scalar_type() &&
           tensor.numel() == numbers;
  };
  if (!fits(output, rows * job.units)) refuse("the output", output);
  if (arriving.output && !fits(*arriving.output, rows * job.units))
    refuse("the gradient of the output", *arriving.output);
  if (!arriving.last.empty() && arriving.last.size() != static_cast<std::size_t>(given.states())) {
    throw Error(fmt::format("{} gradients of last states were given: give none or {}", arriving.last.size(),
                            given.states()));
  }
  for (const auto& one : arriving.last) {
    if (!fits(one, job.request.batch.sequences() * job.units)) refuse("the gradient of a last state", one);
  }
}

template <class T> Passed forward_as(const LayerGiven& given, const Prepared& prepared, bool keep) {
  const auto& job = *prepared.job;
  Passed passed;
  fused::Tape<T> tape;
  if (keep) {
    passed.tape.push_back(fused::pooled({tape_size(job.cell(), prepared.rows, job.units)},
                                        given.weight_ih.options().requires_grad(false)));
    tape = open_tape<T>(passed.tape[0], job);
  }
  auto outputs = fused::forward_pass<T>(job, prepared.given, tape);
  if (keep) close_tape<T>(passed.tape[0], job);
  passed.output = as_input(given, outputs[0]);
  passed.last.assign(outputs.begin() + 1, outputs.end());
  return passed;
}

template <class T>
Tensors backward_as(const LayerGiven& given, const Prepared& prepared, const LayerArriving& arriving,
                    const Tensor& output, const Tensor& tape, const std::vector<bool>& wanted) {
  prepared.job->parts = parts_of<T>(tape, *prepared.job, prepared.rows);
  const auto wants = [&](std::size_t of_job) {
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (job_index(given, i) == of_job) return static_cast<bool>(wanted[i]);
    }
    return false;
  };
  const auto found = fused::backward_pass<T>(*prepared.job, prepared.given, open_tape<T>(tape, *prepared.job),
                                             output.contiguous(),
                                             arriving_rows(given, arriving, prepared.job->units), wants);
  Tensors gradients;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i]) continue;
    const auto& one = found[1 + job_index(given, i)];
    gradients.push_back(i == 0 ? as_input(given, one) : one);
  }
  return gradients;
}

}  // namespace

Passed run_forward(const LayerGiven& given, bool keep) {
  const auto prepared = prepare(given);
  prepared.job->keep = keep ? fused::Keep::everything : fused::Keep::nothing;
  return given.weight_ih.scalar_type() == torch::kFloat ? forward_as<float>(given, prepared, keep)
                                                        : forward_as<double>(given, prepared, keep);
}

Tensors run_backward(const LayerGiven& given, const LayerArriving& arriving, const Tensor& output,
                     const Tensors& tape, const std::vector<bool>& wanted) {
  const auto prepared = prepare(given);
  check_arriving(given, arriving, output, *prepared.job, prepared.rows);
  const auto count = given.tensors().size();
  if (wanted.size() != count || tape.size() != 1) {
    throw Error(fmt::format("{} entries say what is wanted and {} tensors are the tape: give {} and 1",
                            wanted.size(), tape.size(), count));
  }
  return given.weight_ih.scalar_type() == torch::kFloat
             ? backward_as<float>(given, prepared, arriving, output, tape[0], wanted)
             : backward_as<double>(given, prepared, arriving, output, tape[0], wanted);
}

Tensors run_backward_again(const LayerGiven& given, const LayerArriving& arriving) {
  const auto prepared = prepare(given);
  const auto found =
      fused::backward_on_loop(*prepared.job, prepared.given,
                              arriving_rows(given, arriving, prepared.job->units), /*create_graph=*/true);
  Tensors gradients(given.tensors().size());
  for (std::size_t i = 0; i < gradients.size(); ++i) gradients[i] = found[1 + job_index(given, i)];
  if (gradients[0].defined()) gradients[0] = as_input(given, gradients[0]);
  return gradients;
}

Passed fake_forward(const LayerGiven& given, bool keep) {
  const auto options = given.weight_ih.options().requires_grad(false);
  const auto& cell = *find_cell(given.cell).kernels();
  const c10::SymInt units = given.units();
  if (given.batch_sizes && given.initial.empty())
    throw Error(
        "a packed batch says how many sequences it has in numbers alone, which a traced program does not "
        "know: give "
        "initial states [B, H]");
  const c10::SymInt sequences = given.batch_sizes ? given.initial[0].sym_size(0) : given.input.sym_size(1);
  c10::SymDimVector shape(given.input.sym_sizes());
  c10::SymInt rows = 1;
  for (std::size_t i = 0; i + 1 < shape.size(); ++i) rows = rows * shape[i];
  shape.back() = units;
  Passed passed;
  passed.output = at::empty_symint(shape, options);
  for (std::size_t s = 0; s < cell.states; ++s)
    passed.last.push_back(at::empty_symint({sequences, units}, options));
  if (keep) passed.tape.push_back(at::empty_symint({tape_size(cell, rows, units)}, options));
  return passed;
}

Tensors fake_backward(const LayerGiven& given, const LayerArriving& /*arriving*/, const Tensor& /*output*/,
                      const Tensors& /*tape*/, const std::vector<bool>& wanted) {
  Tensors gradients;
  const auto tensors = given.tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (wanted.at(i))
      gradients.push_back(
          at::empty_symint(tensors[i].sym_sizes(), tensors[i].options().requires_grad(false)));
  }
  return gradients;
}

}  // namespace carousel::python
