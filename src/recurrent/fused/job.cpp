#include "job.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>

#include "carousel/recurrent/recurrent_product.h"

#include "forked.h"

namespace carousel::fused {

using torch::Tensor;
using torch::autograd::variable_list;

namespace {

/// A chunk has so many rows, or up to twice as many: then the products over many steps are efficient and
/// still fit the cache.
constexpr std::int64_t chunk_rows = 256;

void plan_work(Job& job, std::int64_t rows) {
  const auto& sizes = job.request.batch.sizes;
  const auto steps = static_cast<std::int64_t>(sizes.size());
  std::int64_t sequences = 0;
  for (const auto size : sizes) sequences = std::max(sequences, size);
  const double multiplications = static_cast<double>(rows) * static_cast<double>(job.units) *
                                 static_cast<double>(job.inputs + job.recurrence.width(job.units)) *
                                 static_cast<double>(job.cell().gates);
  const bool alone = forked() || at::in_parallel_region();
  job.parts = choose_parts(alone ? 1 : at::get_num_threads(), sequences, multiplications);
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

std::pair<JobPointer, variable_list> make_job(LayerRequest request, const LayerWeights& weights,
                                              const std::vector<Tensor>& initial) {
  if (request.call.noise.masks_input())  // a dropped class is no class
    request.batch.data = dense_rows(request.batch.data, weights.weight_ih.size(1),
                                    weights.weight_ih.options().requires_grad(false));
  if (request.call.noise.drops_update()) request.cell = request.cell->dropping;
  // Where there is no recurrence, nothing stands in the place of its matrix.
  const auto recurrent = weights.weight_hh.defined()
                             ? weights.weight_hh.contiguous()
                             : torch::empty({0}, weights.weight_ih.options().requires_grad(false));
  variable_list given{request.batch.data.contiguous(), weights.weight_ih.contiguous(), recurrent};
  if (weights.bias_ih.defined())
    given.push_back(weights.bias_ih.contiguous()), given.push_back(weights.bias_hh.contiguous());
  for (const auto& vector : weights.vectors) given.push_back(vector.contiguous());
  for (const auto& state : initial) given.push_back(state.contiguous());
  auto job = c10::make_intrusive<Job>();
  job->request = std::move(request);
  job->bias = weights.bias_ih.defined();
  job->initial = !initial.empty();
  job->start = job->request.batch.resets.defined() && !job->request.call.start.empty();
  if (job->start) {
    for (const auto& state : job->request.call.start) given.push_back(state.contiguous());
  }
  job->recurrence = recurrence_of(weights.weight_hh);
  job->units = weights.weight_ih.size(0) / static_cast<std::int64_t>(job->cell().gates);
  job->inputs = weights.weight_ih.size(1);
  job->level = simd_level();
  const bool differentiate = std::ranges::any_of(given, [](const Tensor& t) { return t.requires_grad(); });
  if (differentiate && torch::GradMode::is_enabled()) {
    job->keep = job->request.save_memory ? Keep::checkpoints : Keep::everything;
  }
  plan_work(*job, given.front().size(0));
  return {std::move(job), std::move(given)};
}

Layout layout_of(const Job& job) {
  return {job.request.batch.sizes, job.tap().id.reverse, job.parts};
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
  for (std::size_t k = 0; job.initial && k < job.cell().states; ++k)
    s.initial[k] = at(job.first_initial() + k);
  for (std::size_t k = 0; job.start && k < job.cell().states; ++k) s.start[k] = at(job.first_start() + k);
  const auto& resets = job.request.batch.resets;
  if (resets.defined()) s.resets = resets.const_data_ptr<bool>();
  s.noise = job.request.call.noise;
  return s;
}

template Sequence<float> sequence_of<float>(const Job&, const Layout&, const variable_list&);
template Sequence<double> sequence_of<double>(const Job&, const Layout&, const variable_list&);

}  // namespace carousel::fused
