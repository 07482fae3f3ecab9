// The lessons that need a training: clipping, the additive path, the gate's bias.
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "carousel/text.h"

#include "demo/figures.h"
#include "demo/lessons.h"
#include "demo/story.h"

namespace carousel::cli {

using nlohmann::json;

namespace {

constexpr OptimiserOptions adam{.kind = OptimiserKind::adam, .lr = 5e-3};

std::string outcome(const Story& story) {
  if (!story.broke.empty()) return fmt::format("not finite after {} updates", story.updates);
  if (story.reached) return fmt::format("solved (error {:.4f}) after {} updates", story.error, story.updates);
  return fmt::format("not solved in {} updates, best error {:.3g}", story.updates, story.error);
}

double largest(const Curve& curve) {
  double most = 0.0;
  for (const auto& [x, y] : curve) most = std::max(most, y);
  return most;
}

/// Mean of runs of 10 updates: single losses of so small batches hop.
Curve smooth(const Curve& curve) {
  constexpr std::size_t run = 10;
  Curve means;
  for (std::size_t first = 0; first < curve.size(); first += run) {
    const std::size_t end = std::min(first + run, curve.size());
    double sum = 0.0;
    for (std::size_t i = first; i < end; ++i) sum += curve[i].second;
    means.emplace_back(curve[end - 1].first, sum / static_cast<double>(end - first));
  }
  return means;
}

std::string power(double log10) {
  return std::isfinite(log10) ? fmt::format("10^{:.1f}", log10) : "0 (underflowed)";
}

const std::vector<double>& curve_of(const FlowRecord& record, std::size_t state) {
  return record.layers.front().gradient_log10.at(state);
}

}  // namespace

json lesson_of_clipping(const Registries& registries) {
  StoryOptions options{.cell = "irnn",
                       .clip = {.mode = ClipMode::report},
                       .optimiser = {.kind = OptimiserKind::sgd, .lr = 1e-3},
                       .updates = 600,
                       .target = {}};
  const Story without = train_on_adding(registries, options);
  options.clip = {.mode = ClipMode::norm, .limit = 1.0};
  const Story with = train_on_adding(registries, options);
  Curve clipped;
  for (const auto& [update, norm] : with.norm) clipped.emplace_back(update, std::min(norm, 1.0));
  return {
      {"title", "2. Clipping tames an explosion"},
      {"text",
       "Claim: where the gradient explodes, scaling it down to a norm of at most 1, its direction unchanged, "
       "keeps a "
       "training alive that fails without. The same run twice, the same seed and batches: an IRNN (relu "
       "units, W_hh "
       "starts as the identity, so the smallest growth of it explodes) on the adding problem with T = 100, "
       "plain SGD "
       "at rate 0.001."},
      {"facts",
       facts({"", "predicted", "measured"},
             {{"without clipping", "diverges", outcome(without)},
              {"largest gradient norm without", "unbounded", fmt::format("{:.3g}", largest(without.norm))},
              {"with clipping", "goes on", outcome(with)},
              {"largest norm that the optimiser sees", "1", fmt::format("{:.4g}", largest(clipped))},
              {"largest norm before it was clipped", "above 1", fmt::format("{:.3g}", largest(with.norm))}})},
      {"charts",
       {line_chart("Gradient norm, before clipping",
                   "Where a line ends early, the training ended: a value was no longer finite.",
                   {.name = "update"}, {.name = "joint norm of all gradients", .log = true},
                   {curve_json("without clipping", without.norm, 1),
                    curve_json("with clipping, before it", with.norm, 0),
                    curve_json("with clipping, after it", clipped, 0, 1)}),
        line_chart("Loss of the same two runs", "Lower is better; always answering 1 gives 0.167.",
                   {.name = "update"}, {.name = "mean squared error", .log = true},
                   {curve_json("without clipping", without.loss, 1),
                    curve_json("with clipping, means of 10", smooth(with.loss), 0)})}}};
}

json lesson_of_the_additive_path(const Registries& registries) {
  const Story rnn = train_on_adding(registries, {.cell = "rnn", .optimiser = adam, .updates = 1600});
  const Story lstm =
      train_on_adding(registries, {.cell = "lstm", .init = {.forget_bias = 1.0}, .optimiser = adam});
  const auto drop = [](const std::vector<double>& curve) { return curve.front() - curve.back(); };
  const auto sequence = marked_sequence(registries, 100);
  const auto& start = lstm.records.front();
  const auto& end = lstm.records.back();
  return {
      {"title", "3. The additive path carries the gradient where the RNN's died"},
      {"text",
       "Claim: a tanh RNN multiplies its state, an LSTM adds to its cell state, as a residual network does; "
       "so the "
       "LSTM's error travels where the RNN's has died. Both learn the adding problem with T = 100 (two "
       "marked numbers "
       "among 100 are to be added) from the same batches. What the cell state alone lets pass is predicted "
       "by the "
       "product of the forget gates of the unit that keeps best; the ways through the recurrent weights come "
       "on top."},
      {"facts", facts({"", "predicted", "measured"},
                      {{"tanh RNN", "not solved", outcome(rnn)},
                       {"dL/dh after 99 steps back, tanh RNN untrained", "vanishes",
                        power(drop(curve_of(rnn.records.front(), 0)))},
                       {"the same after training", "vanishes", power(drop(curve_of(rnn.records.back(), 0)))},
                       {"LSTM", "solved", outcome(lstm)},
                       {"dL/dc after 99 steps back, LSTM untrained",
                        power(most_open_path(*lstm.untrained, sequence)), power(drop(curve_of(start, 1)))},
                       {"the same, trained", power(most_open_path(*lstm.trained, sequence)),
                        power(drop(curve_of(end, 1)))}})},
      {"charts",
       {line_chart("Gradient on its way back, before and after training",
                   "Read from right to left: the error enters at step 100. The trained LSTM's line stays up, "
                   "so step 1 "
                   "still hears of the error; a line that ends has underflowed to zero.",
                   {.name = "time step t"},
                   {.name = "|dL/dc_t| of the LSTM, |dL/dh_t| of the RNN", .power = true},
                   {curve_json("LSTM, trained", over_steps(curve_of(end, 1)), 0),
                    curve_json("LSTM, untrained", over_steps(curve_of(start, 1)), 0, 1),
                    curve_json("tanh RNN, trained", over_steps(curve_of(rnn.records.back(), 0)), 1),
                    curve_json("tanh RNN, untrained", over_steps(curve_of(rnn.records.front(), 0)), 1, 1)}),
        line_chart(
            "Loss", "Lower is better; always answering 1 gives 0.167.", {.name = "update"},
            {.name = "mean squared error, means of 10", .log = true},
            {curve_json("LSTM", smooth(lstm.loss), 0), curve_json("tanh RNN", smooth(rnn.loss), 1)})}}};
}

namespace {

struct Start {
  std::string name;
  InitOptions init;
  std::string predicted;  // mean gate at the start
};

/// Mean of a gate over the steps where the marker is as wanted.
double mean_where(const std::vector<double>& gate, const std::vector<bool>& marked, bool wanted) {
  double sum = 0.0, count = 0.0;
  for (std::size_t t = 0; t < gate.size(); ++t) {
    if (marked[t] == wanted) sum += gate[t], count += 1.0;
  }
  return sum / count;
}

}  // namespace

json lesson_of_the_gates_bias(const Registries& registries) {
  const std::vector<Start> starts{{"bias 0", {.forget_bias = 0.0}, "0.50"},
                                  {"bias 1", {.forget_bias = 1.0}, "0.73"},
                                  {"chrono, T max 100", {.chrono_tmax = 100.0}, "0.95"}};
  constexpr std::int64_t length = 100;
  const auto sequence = marked_sequence(registries, length);
  std::vector<json> gates, losses, rows, along;
  for (int colour = 0; const Start& start : starts) {
    const Story story = train_on_adding(registries, {.init = start.init, .optimiser = adam});
    gates.push_back(curve_json(start.name, smooth(story.keep_gate), colour));
    losses.push_back(curve_json(start.name, smooth(story.loss), colour));
    rows.push_back({fmt::format("{}: mean forget gate at update 1", start.name), start.predicted,
                    fmt::format("{:.3f}", story.keep_gate.front().second)});
    rows.push_back({fmt::format("{}: what became of it", start.name), "", outcome(story)});
    ++colour;
    if (start.init.forget_bias != 1.0) continue;
    const auto before = gates_along(*story.untrained, sequence),
               after = gates_along(*story.trained, sequence);
    along = {curve_json("input gate, trained", over_steps(after[0]), 0),
             curve_json("input gate, untrained", over_steps(before[0]), 0, 1),
             curve_json("forget gate, trained", over_steps(after[1]), 1),
             curve_json("forget gate, untrained", over_steps(before[1]), 1, 1)};
    for (const auto& [what, values] : {std::pair{"untrained", before}, {"trained", after}}) {
      rows.push_back({fmt::format("bias 1, {}: input gate at marked steps against the others", what),
                      what == std::string("trained") ? "differs" : "alike",
                      fmt::format("{:.3f} against {:.3f}", mean_where(values[0], sequence.marked, true),
                                  mean_where(values[0], sequence.marked, false))});
    }
  }
  std::vector<std::string> marks;
  for (std::size_t t = 0; t < sequence.marked.size(); ++t) {
    if (sequence.marked[t]) marks.push_back(std::to_string(t + 1));
  }
  return {{"title", "5. The bias starts the gate inactive, and the network learns when to use it"},
          {"text",
           "Claim: a bias that starts the forget gate open (inactive: it lets the cell state pass) gives the "
           "gradient a "
           "way back from the first update on, and the network then learns by itself when to write, keep and "
           "forget. The "
           "same LSTM on the adding problem with T = 100, from three starts; predicted is the sigmoid of the "
           "bias (for "
           "chrono, its mean over memories of 1 to 100 steps)."},
          {"facts", facts({"", "predicted", "measured"}, rows)},
          {"charts",
           {line_chart("Mean forget gate over the training",
                       "1 keeps everything, 0 forgets at once. Where the line bends, the network has found a "
                       "use for it.",
                       {.name = "update"}, {.name = "mean activation, means of 10 updates", .share = true},
                       gates),
            line_chart("Loss over the training", "Lower is better; always answering 1 gives 0.167.",
                       {.name = "update"}, {.name = "mean squared error, means of 10", .log = true}, losses),
            line_chart(
                "Gates along one sequence, before and after training (bias 1)",
                fmt::format(
                    "Means over the 64 units. The steps to be remembered are {}: the trained network's gates "
                    "answer there and stand still elsewhere; the untrained ones do not know the marker.",
                    join(marks, " and ")),
                {.name = "time step t"}, {.name = "mean activation", .share = true}, along)}}};
}

}  // namespace carousel::cli
