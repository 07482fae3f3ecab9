// The bodies of RecurrentImpl<Cell>. Include recurrent.h instead.
#pragma once

#include "carousel/error.h"
#include "carousel/recurrent/clone.h"
#include "carousel/recurrent/fused/fused_engine.h"
#include "carousel/recurrent/initialise.h"
#include "carousel/recurrent/recorded_cell.h"
#include "carousel/recurrent/recurrent.h"

namespace carousel {

/// Why a cell's h cannot be projected; null where it can.
template <AnyCell Cell> const char* projection_obstacle() {
  if constexpr (FusableCell<Cell>) {
    return recorded_cell<Cell>().step_reads_h() ? step_reads_h_itself : nullptr;
  } else {
    return "its step is not derived";
  }
}

template <AnyCell Cell>
RecurrentImpl<Cell>::RecurrentImpl(const RecurrentOptions& given) : RecurrentImpl(given, Undrawn{}) {
  if constexpr (ElementwiseCell<Cell>) {
    RecurrentBase::reset_parameters();
  } else if (facts().identity_start) {
    start_as_identity(*this);
  }
}

template <AnyCell Cell>
RecurrentImpl<Cell>::RecurrentImpl(const RecurrentOptions& given, Undrawn)
    : RecurrentBase(given, facts_of<Cell>()) {
  if constexpr (!ElementwiseCell<Cell>) refuse_other_recurrence("its step has a product of its own");
  options.noise().check(facts(), *options.recurrence(), fusable<Cell>);
  check_projection(projection_obstacle<Cell>());
  for (const LayerId id : layers()) {
    if constexpr (ElementwiseCell<Cell>) {
      layers_.push_back(register_weights(id));
    } else {
      auto cell = std::make_shared<Cell>(input_size(id.layer), options.hidden_size(), options.bias());
      layers_.push_back(register_module("cell" + suffix(id), std::move(cell)));
    }
  }
}

template <AnyCell Cell> LayerWeights RecurrentImpl<Cell>::weights(LayerId id) const {
  if constexpr (ElementwiseCell<Cell>) {
    return layers_.at(index(id));
  } else {
    return layers_.at(index(id))->weights();
  }
}

template <AnyCell Cell> void RecurrentImpl<Cell>::reset_parameters() {
  if constexpr (ElementwiseCell<Cell>) {
    RecurrentBase::reset_parameters();
  } else {
    for (auto& cell : layers_) cell->reset_parameters();
    reset_start();
    if (facts().identity_start) start_as_identity(*this);
  }
}

template <AnyCell Cell> EngineChoice RecurrentImpl<Cell>::engine_choice() const {
  const char* obstacle = fusable<Cell>           ? nullptr
                         : ElementwiseCell<Cell> ? "the cell says fused = false"
                                                 : "the cell's step is not elementwise";
  return choose_engine(obstacle);
}

template <AnyCell Cell> const fused::FusedCell* RecurrentImpl<Cell>::kernels() const {
  if constexpr (ElementwiseCell<Cell>) {
    if constexpr (fusable<Cell>) return &readings_of<Cell>().kernels;
  }
  return nullptr;
}

template <AnyCell Cell> const UnitStep* RecurrentImpl<Cell>::unit_step() const {
  if constexpr (ElementwiseCell<Cell>) {
    if constexpr (fusable<Cell>) return &readings_of<Cell>().unit_step;
  }
  return nullptr;
}

template <AnyCell Cell> LayerSteps RecurrentImpl<Cell>::layer_steps(LayerId id) const {
  const LayerNoise noise(options.noise(), /*drawn=*/false, 0, id, 0);
  const auto opened = [noise](auto layer) {
    return LayerSteps{
        [layer](const torch::Tensor& rows) { return layer->project(rows); },
        [layer, noise](const torch::Tensor& projected, const std::vector<torch::Tensor>& previous) {
          std::array<torch::Tensor, S> states;
          std::copy_n(previous.begin(), S, states.begin());
          auto stepped = layer->step(projected, states);
          if (noise.zones()) {
            const LoopNoise expected(noise, states[0].size(0), states[0].size(1), states[0]);
            expected.zone(0, states, stepped.states);
          }
          return LayerStep{{stepped.states.begin(), stepped.states.end()},
                           {stepped.gates.begin(), stepped.gates.end()}};
        }};
  };
  const auto& stored = layers_.at(index(id));
  if constexpr (ElementwiseCell<Cell>) {
    return opened(std::make_shared<ElementwiseLayer<Cell>>(stored));
  } else {
    return opened(stored);
  }
}

template <AnyCell Cell>
std::shared_ptr<torch::nn::Module> RecurrentImpl<Cell>::clone(
    const std::optional<torch::Device>& device) const {
  std::optional<UntouchedGenerator> untouched;
  if constexpr (!ElementwiseCell<Cell>) untouched.emplace();  // its constructor draws
  auto copy = std::make_shared<RecurrentImpl>(options, Undrawn{});
  clone_into(*copy, device);
  return copy;
}

template <AnyCell Cell>
void RecurrentImpl<Cell>::clone_into(RecurrentImpl& copy, const std::optional<torch::Device>& device) const {
  if constexpr (std::derived_from<Cell, torch::nn::Cloneable<Cell>>) {
    for (std::size_t i = 0; i < layers_.size(); ++i)
      *copy.layers_[i] = *std::dynamic_pointer_cast<Cell>(layers_[i]->clone(device));
  }
  copy_contents(*this, copy, device);
}

template <AnyCell Cell>
void RecurrentImpl<Cell>::clone_(torch::nn::Module& other, const std::optional<torch::Device>& device) {
  const auto* source = dynamic_cast<const RecurrentImpl*>(&other);
  if (!source)
    throw Error("the module that is cloned holds another recurrent module than its copy: build both alike");
  *this = *std::dynamic_pointer_cast<RecurrentImpl>(source->clone(device));
}

template <AnyCell Cell>
std::vector<torch::Tensor> RecurrentImpl<Cell>::unpack(const std::optional<State>& state) {
  if (!state) return {};
  if constexpr (S == 1) {
    return state->defined() ? std::vector<torch::Tensor>{*state} : std::vector<torch::Tensor>{};
  } else {
    return std::apply([](const auto&... tensors) { return std::vector<torch::Tensor>{tensors...}; }, *state);
  }
}

template <AnyCell Cell>
typename RecurrentImpl<Cell>::State RecurrentImpl<Cell>::pack(const std::vector<torch::Tensor>& states) {
  if constexpr (S == 1) {
    return states.front();
  } else {
    std::array<torch::Tensor, S> fixed;
    std::copy(states.begin(), states.end(), fixed.begin());
    return std::tuple_cat(fixed);
  }
}

// Compiled once: the classes in src/recurrent/built_in.cpp, the kernels in src/recurrent/kernels/.
extern template class RecurrentImpl<RnnCell>;
extern template class RecurrentImpl<ReluRnnCell>;
extern template class RecurrentImpl<LstmCell>;
extern template class RecurrentImpl<GruCell>;
extern template class RecurrentImpl<PeepholeLstmCell>;
extern template class RecurrentImpl<CifgLstmCell>;
extern template class RecurrentImpl<SlstmCell>;
extern template class RecurrentImpl<MguCell>;
extern template class RecurrentImpl<IrnnCell>;
extern template class RecurrentImpl<LeakyRnnCell>;
extern template class RecurrentImpl<MinGruCell>;
extern template class RecurrentImpl<MinLstmCell>;
extern template class RecurrentImpl<SruCell>;
extern template class RecurrentImpl<IndRnnCell>;
extern template class RecurrentImpl<ParaGruCell>;
extern template class RecurrentImpl<ParaLstmCell>;
extern template class RecurrentImpl<RgLruCell>;
extern template class RecurrentImpl<CornnCell>;
extern template const Readings& readings_of<RnnCell>();
extern template const Readings& readings_of<ReluRnnCell>();
extern template const Readings& readings_of<LstmCell>();
extern template const Readings& readings_of<GruCell>();
extern template const Readings& readings_of<PeepholeLstmCell>();
extern template const Readings& readings_of<CifgLstmCell>();
extern template const Readings& readings_of<SlstmCell>();
extern template const Readings& readings_of<MguCell>();
extern template const Readings& readings_of<IrnnCell>();
extern template const Readings& readings_of<LeakyRnnCell>();
extern template const Readings& readings_of<MinGruCell>();
extern template const Readings& readings_of<MinLstmCell>();
extern template const Readings& readings_of<SruCell>();
extern template const Readings& readings_of<IndRnnCell>();
extern template const Readings& readings_of<ParaGruCell>();
extern template const Readings& readings_of<ParaLstmCell>();
extern template const Readings& readings_of<RgLruCell>();
extern template const Readings& readings_of<CornnCell>();

}  // namespace carousel
