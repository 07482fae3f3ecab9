// A cell of one's own: defined, trained on the adding problem, and its gradient watched. Takes a few seconds.
//
//   cmake -S . -B build -DCMAKE_PREFIX_PATH=/where/carousel/is && cmake --build build && build/own_cell
#include <carousel/model/sequence_model.h>
#include <carousel/recurrent/recurrent.h>
#include <carousel/tasks/task_registry.h>
#include <carousel/torch.h>
#include <carousel/train/trainer.h>

#include <cstdio>

namespace own {

/// JANET, an LSTM with nothing but its forget gate (van der Westhuizen & Lasenby 2018, "The Unreasonable
/// Effectiveness of the Forget Gate"): what is forgotten, and a little less, makes room for what is written.
///
///   h' = sigmoid(f~) h + (1 - sigmoid(f~ - 1)) tanh(g~)
struct JanetCell {
  static constexpr const char* name = "janet";
  static constexpr std::array gates{"forget", "new"};  // row blocks of the weight matrices, in this order
  static constexpr std::array states{"h"};             // the first is the output
  static constexpr const char* keep_gate = "forget";   // forget bias and chrono initialisation act on it

  template <class V>  // a tensor, a number, a SIMD vector or a symbol: whatever an engine reads the step on
  static constexpr auto step(const carousel::Gates<V, 2>& pre, const carousel::States<V, 1>& previous) {
    const V f = sigmoid(pre[0]), g = tanh(pre[1]);
    const V h = f * previous[0] + (1.0 - sigmoid(pre[0] - 1.0)) * g;
    return carousel::Stepped{carousel::States<V, 1>{h}, carousel::Gates<V, 2>{f, g}};
  }
};

// A module like torch::nn::GRU: layers, directions, packed input.
using Janet = carousel::Recurrent<JanetCell>;

}  // namespace own

namespace {

void print_reach(const carousel::UpdateReport& report) {
  if (!report.flow) return;
  const auto reach = report.flow->reach();
  std::printf("update %4lld   loss %.4f   forget %.2f", static_cast<long long>(report.update), report.loss,
              report.flow->keep_gate_mean().value_or(0.0));
  if (reach) {
    std::printf("   dh 10^%.1f over %lld steps", reach->log10_ratio, static_cast<long long>(reach->steps));
  }
  std::printf("\n");
}

}  // namespace

int main() {
  at::set_num_threads(1);  // a net this small is slower on more
  own::Janet module(carousel::RecurrentOptions(3, 4).num_layers(2).bidirectional(true));
  const auto output = std::get<0>(module->forward(torch::randn({5, 2, 3})));  // [T, B, 3] -> [T, B, 2 x 4]
  std::printf("a bidirectional janet of 4 units gives %lld numbers a step\n",
              static_cast<long long>(output.size(2)));

  auto cells = carousel::CellRegistry::with_built_in();
  cells.add<own::JanetCell>("LSTM with nothing but its forget gate");
  const auto tasks = carousel::TaskRegistry::with_built_in();
  const auto& adding = tasks.find("adding");
  carousel::Settings settings(adding.settings);
  settings.set("length", std::int64_t{50});
  const auto task = adding.make(settings, {.seed = 1});

  torch::manual_seed(1);
  carousel::SequenceModel model(task->facts(), {.cell = "janet", .hidden = 32}, cells);
  carousel::Trainer trainer(*task, model,
                            {.updates = 600,
                             .validate_every = 200,
                             .flow_every = 100,
                             .init = {.chrono_tmax = 50.0},
                             .optimiser = {.lr = 1e-2}});
  trainer.on_update(print_reach);
  const auto result = trainer.run();
  std::printf("%s %.4f, always answering 1: %.4f\n", task->facts().metric.c_str(),
              result.best->score.metric(), task->facts().baseline);
}
