// The two lessons that are exact laws: no training.
#include <cmath>

#include <fmt/format.h>

#include "carousel/flow/recorder.h"
#include "carousel/recurrent/initialise.h"
#include "carousel/recurrent/recurrent_impl.h"

#include "demo/figures.h"
#include "demo/lessons.h"

namespace carousel::cli {

using nlohmann::json;

namespace {

/// h' = W x + U h: nothing but the multiplication.
struct LinearCell {
  static constexpr const char* name = "linear";
  static constexpr std::array gates{"hidden"};
  static constexpr std::array states{"h"};
  static constexpr bool fused = false;
  template <class V> static constexpr auto step(const Gates<V, 1>& pre, const States<V, 1>&) {
    return Stepped{States<V, 1>{pre[0]}, Gates<V, 1>{pre[0]}};
  }
};

/// Curve of log10 |dL/d(state_t)| of the loss of the last step, over t.
template <class Cell>
std::vector<double> last_loss_curve(RecurrentImpl<Cell>& module, const torch::Tensor& x, std::size_t state) {
  const auto recorder = std::make_shared<FlowRecorder>();
  module.observe(recorder);
  module.run_padded(x, {}).first[-1].sum().backward();
  module.observe(nullptr);
  return recorder->take().layers.front().gradient_log10[state];
}

std::vector<double> linear_curve(double rho, std::int64_t steps) {
  torch::manual_seed(1);
  RecurrentImpl<LinearCell> module(RecurrentOptions(3, 32));
  module.to(torch::kDouble);
  initialise(module, {.recurrent = RecurrentInit::orthogonal});
  {
    const torch::NoGradGuard no_grad;
    module.weights({}).weight_hh.mul_(rho);
  }
  return last_loss_curve(module, torch::randn({steps, 4, 3}, torch::kDouble), 0);
}

std::vector<double> gated_curve(double bias, std::int64_t steps) {
  torch::manual_seed(1);
  RecurrentImpl<LstmCell> module(RecurrentOptions(3, 32));
  module.to(torch::kDouble);
  initialise(module, {.forget_bias = bias});
  {
    const torch::NoGradGuard no_grad;
    module.weights({}).weight_hh.zero_();
    module.weights({}).weight_ih.narrow(0, 32, 32).zero_();  // the forget gate sees its bias alone
  }
  return last_loss_curve(module, torch::randn({steps, 4, 3}, torch::kDouble), 1);
}

Curve straight(std::int64_t steps, double end, double slope) {
  const auto last = static_cast<double>(steps);
  return {{1.0, end + (last - 1.0) * slope}, {last, end}};
}

}  // namespace

json lesson_of_repeated_multiplication() {
  constexpr std::int64_t steps = 100;
  std::vector<json> series, rows;
  for (int colour = 0; const double rho : {0.9, 1.0, 1.1}) {
    const Curve curve = over_steps(linear_curve(rho, steps));
    const double a_step = -slope_of(curve), predicted = std::log10(rho);
    series.push_back(curve_json(fmt::format("rho = {}", rho), curve, colour));
    series.push_back(curve_json(fmt::format("rho = {}, predicted", rho),
                                straight(steps, curve.back().second, predicted), colour, 1));
    rows.push_back({fmt::format("log10 of the factor a step back, rho = {}", rho),
                    fmt::format("{:.10f}", predicted), fmt::format("{:.10f}", a_step)});
    rows.push_back({fmt::format("left of the gradient after 99 steps back, rho = {}", rho),
                    fmt::format("{:.4g}", std::pow(rho, 99)),
                    fmt::format("{:.4g}", std::pow(10.0, curve.front().second - curve.back().second))});
    ++colour;
  }
  return {{"title", "1. Repeated multiplication by W_hh"},
          {"text",
           "Claim: on its way back through time the gradient is multiplied by W_hh at every step. With a "
           "spectral "
           "radius rho below 1 it vanishes, above 1 it explodes, and only at 1 does it stay. Measured on a "
           "linear "
           "network of 32 units whose W_hh is rho times an orthogonal matrix, for the loss of the last step "
           "alone; "
           "log10 of the gradient's norm must then be a straight line with slope log10 rho."},
          {"facts", facts({"", "predicted", "measured"}, rows)},
          {"charts",
           json::array({line_chart(
               "Gradient of the last step's loss, linear network",
               "Read from right to left: the error enters at the last step and travels back. A straight line "
               "down is vanishing, up is exploding; dashed is what theory predicts.",
               {.name = "time step t"}, {.name = "|dL/dh_t|", .power = true}, series)})}};
}

json lesson_of_the_closed_gate() {
  constexpr std::int64_t steps = 100;
  std::vector<json> series, rows;
  for (int colour = 0; const double bias : {-2.0, 0.0, 1.0, 4.0}) {
    const Curve curve = over_steps(gated_curve(bias, steps));
    const double gate = 1.0 / (1.0 + std::exp(-bias)), a_step = std::log10(gate);
    const double measured = curve.front().second - curve.back().second;
    series.push_back(curve_json(fmt::format("f = {:.3f} (bias {})", gate, bias), curve, colour++));
    rows.push_back({fmt::format("forget gate {:.3f} (bias {}): log10 of the product of 99 gates", gate, bias),
                    fmt::format("{:.8f}", 99 * a_step), fmt::format("{:.8f}", measured)});
  }
  return {{"title", "4. A forget gate at 0 cuts the gradient off"},
          {"text",
           "Claim: along the cell state the gradient is multiplied by the forget gate at every step, so that "
           "dc_T/dc_t is the product of the gates in between. A gate near 0 cuts it off within a few steps, "
           "one near "
           "1 lets it pass. Measured on an LSTM whose recurrent weights are zero, so that the cell state is "
           "the only "
           "way back, and whose forget gate stands at the sigmoid of its bias."},
          {"facts", facts({"", "predicted", "measured"}, rows)},
          {"charts",
           json::array({line_chart(
               "Gradient of the last step's loss with respect to the cell state",
               "Read from right to left. Each line falls by log10 f a step: the lower the gate, the steeper.",
               {.name = "time step t"}, {.name = "|dL/dc_t|", .power = true}, series)})}};
}

}  // namespace carousel::cli
