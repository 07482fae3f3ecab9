// What stands at the door of RecurrentBase: does the input fit the module, and the module itself?
#include <ATen/autocast_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "carousel/error.h"
#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

using torch::Tensor;

namespace {

bool are_whole_numbers(const Tensor& tensor) {
  return c10::isIntegralType(tensor.scalar_type(), /*includeBool=*/true);
}

std::string type_of(const Tensor& tensor) {
  return fmt::format("{} on {}", c10::toString(tensor.scalar_type()), tensor.device().str());
}

}  // namespace

PackedBatch RecurrentBase::checked(PackedBatch batch, std::int64_t sequences,
                                   const std::vector<Tensor>& initial) const {
  check_parameters();
  engine_choice();  // refuses an engine that cannot be
  if (!batch.data.defined()) throw Error(fmt::format("the input of {} is no tensor", facts_.name));
  check_sizes(batch);
  check_rows(batch.data);
  check_states(sequences, initial);
  check_resets(batch.resets, batch.data.size(0), facts_.name);
  if (batch.resets.defined())
    batch.resets = batch.resets.any().item<bool>() ? batch.resets.to(torch::kCPU).contiguous() : Tensor();
  if (are_classes(batch.data)) batch.data = checked_classes(batch.data, options.input_size(), facts_.name);
  return batch;
}

void RecurrentBase::check_rows(const Tensor& rows) const {
  const auto weight = weights({}).weight_ih;
  if (are_classes(rows)) {
    if (rows.device() == weight.device()) return;
    throw Error(
        fmt::format("the class numbers are {}, but the weights are {}: convert one of them with .to()",
                    type_of(rows), type_of(weight)));
  }
  if (rows.dim() > 0 && are_whole_numbers(rows)) {
    throw Error(fmt::format(
        "the input of {} is {} with {} features a step: features must be {}, as the weights are, "
        "convert them with .to(); class numbers are whole numbers without a feature dimension",
        facts_.name, c10::toString(rows.scalar_type()), rows.size(-1), c10::toString(weight.scalar_type())));
  }
  if (rows.dim() != 2) {
    throw Error(
        fmt::format("the rows of {} have {} dimensions: they must have 2, [N, {}], or be class numbers [N]",
                    facts_.name, rows.dim(), options.input_size()));
  }
  if (rows.size(1) != options.input_size()) {
    throw Error(fmt::format("the input of {} has {} features a step: it was built for {}", facts_.name,
                            rows.size(1), options.input_size()));
  }
  check_type("the input", rows);
}

Tensor RecurrentBase::time_major_resets(const Tensor& resets, std::int64_t steps,
                                        std::int64_t sequences) const {
  if (!resets.defined()) return {};
  const auto marks = options.batch_first() && resets.dim() == 2 ? resets.t() : resets;
  if (marks.dim() != 2 || marks.size(0) != steps || marks.size(1) != sequences) {
    throw Error(
        fmt::format("the resets of {} have shape {}: they must be bool {}, here of {} steps and {} sequences",
                    facts_.name, c10::str(resets.sizes()), options.batch_first() ? "[B, T]" : "[T, B]", steps,
                    sequences));
  }
  return marks.flatten();
}

void RecurrentBase::check_states(std::int64_t sequences, const std::vector<Tensor>& initial) const {
  if (initial.empty()) return;
  if (initial.size() != facts_.states.size()) {
    throw Error(fmt::format("{} initial states were given to {}: it has {}", initial.size(), facts_.name,
                            facts_.states.size()));
  }
  for (std::size_t s = 0; s < initial.size(); ++s) {
    const std::vector<std::int64_t> expected{options.num_layers() * options.directions(), sequences,
                                             state_size(s)};
    if (!initial[s].defined() || initial[s].sizes() != at::IntArrayRef(expected)) {
      throw Error(fmt::format("the initial state {} of {} has shape {}: it must be [{}]", facts_.states[s],
                              facts_.name, initial[s].defined() ? c10::str(initial[s].sizes()) : "none",
                              fmt::join(expected, ", ")));
    }
    check_type(fmt::format("the initial state {}", facts_.states[s]), initial[s]);
  }
}

void RecurrentBase::check_type(const std::string& what, const Tensor& tensor) const {
  const auto weight = weights({}).weight_ih;
  const bool same_device = tensor.device() == weight.device();
  if (same_device && tensor.scalar_type() == weight.scalar_type()) return;
  // Under autocast torch's operations convert by themselves; kernels do not.
  const bool converted = same_device && tensor.is_floating_point() &&
                         at::autocast::is_autocast_enabled(weight.device().type()) &&
                         engine_choice().engine != Engine::fused;
  if (converted) return;
  throw Error(fmt::format("{} is {}, but the weights are {}: convert one of them with .to()", what,
                          type_of(tensor), type_of(weight)));
}

void RecurrentBase::check_projection(const char* reason) const {
  if (options.proj_size() == 0) return;
  const Noise& noise = options.noise();
  if (!reason && *options.recurrence() != Recurrence{}) reason = "its recurrence is not full";
  if (!reason && (noise.hidden > 0.0 || noise.weight > 0.0 || noise.zoneout_of(0) > 0.0))
    reason = "noise drops its hidden state or recurrent weights";
  if (!reason) return;
  throw Error(fmt::format("h of {} cannot be projected (proj_size {}), because {}: leave proj_size at 0",
                          facts_.name, options.proj_size(), reason));
}

void RecurrentBase::check_parameters() const {
  const auto like = weights({}).weight_ih;
  const std::int64_t hidden = options.hidden_size(),
                     rows = static_cast<std::int64_t>(facts_.gates.size()) * hidden;
  const auto check = [&](const Tensor& tensor, std::string_view name, LayerId id, at::IntArrayRef shape) {
    if (tensor.sizes() != shape) {
      throw Error(fmt::format("the parameter {}{} of {} has shape {}: it must be {}", name, suffix(id),
                              facts_.name, c10::str(tensor.sizes()), c10::str(shape)));
    }
    if (tensor.scalar_type() == like.scalar_type() && tensor.device() == like.device()) return;
    throw Error(
        fmt::format("the parameter {}{} of {} is {}, but weight_ih_l0 is {}: convert the module with .to()",
                    name, suffix(id), facts_.name, type_of(tensor), type_of(like)));
  };
  for (std::size_t s = 0;
       const auto& learned : options.learn_start() ? learned_start() : std::vector<std::vector<Tensor>>{}) {
    const std::string name = fmt::format("start_{}", facts_.states[s]);
    const std::int64_t size = state_size(s++);
    for (std::size_t i = 0; i < learned.size(); ++i) check(learned[i], name, layers()[i], {size});
  }
  if (!children().empty()) return;  // cells that are modules: torch's operations check what they read
  for (const LayerId id : layers()) {
    const auto weights_of_layer = weights(id);
    check(weights_of_layer.weight_ih, "weight_ih", id, {rows, input_size(id.layer)});
    if (const auto& weight_hr = weights_of_layer.weight_hr; weight_hr.defined()) {
      check(weight_hr, "weight_hr", id, {options.proj_size(), hidden});
      check(weights_of_layer.weight_hh, "weight_hh", id, {rows, options.proj_size()});
    } else if (const auto& weight_hh = weights_of_layer.weight_hh; weight_hh.defined())
      check(weight_hh, "weight_hh", id,
            options.recurrence()->shape(static_cast<std::int64_t>(facts_.gates.size()), hidden));
    if (weights_of_layer.bias_ih.defined()) {
      check(weights_of_layer.bias_ih, "bias_ih", id, {rows});
      check(weights_of_layer.bias_hh, "bias_hh", id, {rows});
    }
    for (std::size_t v = 0; v < weights_of_layer.vectors.size(); ++v) {
      check(weights_of_layer.vectors[v], facts_.vectors[v], id, {hidden});
    }
  }
}

}  // namespace carousel
