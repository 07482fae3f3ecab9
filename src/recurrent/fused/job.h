// What the forward and the backward pass of a layer share: the request, and where each tensor stands in the list of
// inputs.
#pragma once

#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include "carousel/recurrent/fused/fused_engine.h"

#include "sequence.h"

namespace carousel::fused {

/// The inputs: rows, weight_ih, weight_hh, both biases, the vectors, the initial states, what resets lead to.
struct Job : torch::CustomClassHolder {
  LayerRequest request;
  bool bias = false, initial = false, start = false;
  std::int64_t units = 0, inputs = 0, parts = 1, chunk_steps = 1;
  Recurrence recurrence;
  SimdLevel level = SimdLevel::portable;
  Keep keep = Keep::nothing;
  /// Since a gradient was differentiated: parts of later gradients go past this node, so its kernels cannot
  /// measure them.
  std::shared_ptr<GradientSums> sums;

  const FusedCell& cell() const { return *request.cell; }
  const FlowTap& tap() const { return request.call.tap; }
  std::size_t first_vector() const { return bias ? 5 : 3; }
  std::size_t first_initial() const { return first_vector() + cell().vectors; }
  std::size_t first_start() const { return first_initial() + (initial ? cell().states : 0); }
  std::size_t count() const { return first_start() + (start ? cell().states : 0); }
};
using JobPointer = c10::intrusive_ptr<Job>;

/// The job for a request, and its list of inputs.
std::pair<JobPointer, torch::autograd::variable_list> make_job(LayerRequest request,
                                                               const LayerWeights& weights,
                                                               const std::vector<torch::Tensor>& initial);

Layout layout_of(const Job& job);

template <class T>
Sequence<T> sequence_of(const Job& job, const Layout& layout, const torch::autograd::variable_list& given);

/// The forward pass on the inputs: h of every row, then the last states. What job.keep says is kept goes to `tape`: into the
/// buffers that it has, one a part, else into new ones.
template <class T>
torch::autograd::variable_list forward_pass(const Job& job, const torch::autograd::variable_list& given,
                                            Tape<T>& tape);

/// The gradients of the inputs that `wants` names by their number; those of others are undefined. The first is undefined, as
/// the job needs none. `gradients` are those of what the forward pass returned, undefined for zeros; `output` is its first.
template <class T>
torch::autograd::variable_list backward_pass(const Job& job, const torch::autograd::variable_list& given,
                                             const Tape<T>& tape, const torch::Tensor& output,
                                             const torch::autograd::variable_list& gradients,
                                             const std::function<bool(std::size_t)>& wants);

/// The gradients by the loop engine; with `create_graph` they can be differentiated themselves. Where somebody listens,
/// what arrives at the states is reported, in this pass and in later ones. The first is undefined, as the job needs none.
torch::autograd::variable_list backward_on_loop(Job& job, const torch::autograd::variable_list& saved,
                                                const torch::autograd::variable_list& gradients,
                                                bool create_graph);

}  // namespace carousel::fused
