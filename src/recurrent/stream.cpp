#include "carousel/recurrent/stream.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/fused/fused_engine.h"

#include "recurrent/fused/stream_layer.h"

namespace carousel {

using torch::Tensor;

class RecurrentStream::Layers {
 public:
  virtual ~Layers() = default;
  virtual void restart() = 0;
  virtual const Tensor& step(const Tensor& row) = 0;
  virtual const Tensor& step(std::int64_t class_number) = 0;
};

template <class T> class RecurrentStream::LayersOf : public Layers {
 public:
  LayersOf(const RecurrentBase& module, bool classes)
      : inputs_(module.options.input_size()), classes_(classes) {
    const auto start = module.options.learn_start() ? module.start(1) : std::vector<Tensor>{};
    for (const LayerId id : module.layers()) {
      const auto weights = module.weights(id);
      const auto pointer = [&](const Tensor& weight) -> const T* {
        if (!weight.defined()) return nullptr;
        return kept_.emplace_back(weight.detach().contiguous().clone()).template const_data_ptr<T>();
      };
      fused::Sequence<T> layer{.cell = *module.kernels(), .layout = any_, .level = fused::simd_level()};
      layer.inputs = weights.weight_ih.size(1), layer.units = module.options.hidden_size();
      layer.recurrence = *module.options.recurrence();
      layer.noise = {module.options.noise(), /*drawn=*/false, 0, id, 0};
      layer.weight_ih = pointer(weights.weight_ih), layer.weight_hh = pointer(weights.weight_hh);
      layer.bias_ih = pointer(weights.bias_ih), layer.bias_hh = pointer(weights.bias_hh);
      for (std::size_t v = 0; v < weights.vectors.size(); ++v) layer.vectors[v] = pointer(weights.vectors[v]);
      for (std::size_t s = 0; s < start.size(); ++s) layer.initial[s] = pointer(start[s][id.layer]);
      layers_.push_back(std::make_unique<fused::StreamLayer<T>>(layer, classes && id.layer == 0));
    }
    h_ = torch::empty({module.options.hidden_size()}, kept_.front().options());
  }

  void restart() override {
    for (auto& layer : layers_) layer->restart();
  }

  const Tensor& step(const Tensor& row) override {
    if (classes_ || row.dim() != 1 || row.numel() != inputs_ || row.scalar_type() != h_.scalar_type() ||
        row.device() != h_.device()) {
      throw Error(fmt::format(
          "a step of this stream reads {}, not {} of shape {}",
          classes_ ? "a class number" : fmt::format("[{}] {}", inputs_, c10::toString(h_.scalar_type())),
          c10::toString(row.scalar_type()) + (row.is_cpu() ? "" : " on " + row.device().str()),
          c10::str(row.sizes())));
    }
    const auto contiguous = row.contiguous();
    layers_.front()->step(contiguous.const_data_ptr<T>());
    return rise();
  }

  const Tensor& step(std::int64_t class_number) override {
    if (!classes_ || class_number < 0 || class_number >= inputs_) {
      throw Error(classes_
                      ? fmt::format("the class is {}: it must be from 0 to {}", class_number, inputs_ - 1)
                      : fmt::format("a step of this stream reads [{}] numbers, not the class {}", inputs_,
                                    class_number));
    }
    layers_.front()->step(class_number);
    return rise();
  }

 private:
  /// From the first layer, which has made its step, up to the last.
  const Tensor& rise() {
    for (std::size_t l = 1; l < layers_.size(); ++l) layers_[l]->step(layers_[l - 1]->h());
    std::copy_n(layers_.back()->h(), h_.numel(), h_.template mutable_data_ptr<T>());
    return h_;
  }

  std::int64_t inputs_;
  bool classes_;
  fused::Layout any_{{}, false, 1};
  std::vector<Tensor> kept_;
  std::vector<std::unique_ptr<fused::StreamLayer<T>>> layers_;
  Tensor h_;
};

bool RecurrentStream::supports(const RecurrentBase& module) {
  return !module.options.bidirectional() && module.options.proj_size() == 0 && module.kernels() &&
         module.engine_choice().engine == Engine::fused;
}

RecurrentStream::RecurrentStream(const RecurrentBase& module, Input input) {
  if (module.options.bidirectional()) {
    throw Error("a module of two directions needs the end of its input first: it cannot be streamed");
  }
  if (module.options.proj_size() > 0)
    throw Error("a module whose h is projected (proj_size) cannot be streamed");
  if (const auto choice = module.engine_choice(); !supports(module)) {
    throw Error(
        fmt::format("only what the fused engine runs can be streamed, and {} runs on the {} engine ({})",
                    module.facts().name, engine_name(choice.engine), choice.reason));
  }
  module.check_parameters();
  const bool classes = input == Input::classes;
  if (module.parameters().front().scalar_type() == torch::kFloat) {
    layers_ = std::make_unique<LayersOf<float>>(module, classes);
  } else {
    layers_ = std::make_unique<LayersOf<double>>(module, classes);
  }
}

RecurrentStream::~RecurrentStream() = default;
RecurrentStream::RecurrentStream(RecurrentStream&&) noexcept = default;
RecurrentStream& RecurrentStream::operator=(RecurrentStream&&) noexcept = default;

void RecurrentStream::restart() {
  layers_->restart();
}
const Tensor& RecurrentStream::step(const Tensor& row) {
  return layers_->step(row);
}
const Tensor& RecurrentStream::step(std::int64_t class_number) {
  return layers_->step(class_number);
}

}  // namespace carousel
