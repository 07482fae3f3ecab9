#include "train/banner.h"

#include <fmt/format.h>

#include "carousel/model/sequence_model.h"
#include "carousel/text.h"
#include "carousel/train/parameters.h"
#include "carousel/train/task.h"

#include "options/noise_options.h"
#include "terminal/progress.h"

namespace carousel::cli {
namespace {

std::string line(const char* name, const std::string& text) {
  return fmt::format("{:<9} {}", name, text);
}

std::string model_text(const BannerFacts& facts) {
  const OptionValues& values = facts.values;
  std::string text =
      fmt::format("{}, {} x {} units", values.text("cell"), values.text("layers"), values.text("hidden"));
  if (values.flag("bidirectional")) text += ", bidirectional";
  if (values.number("dropout") > 0) text += ", dropout " + values.text("dropout");
  if (values.integer("embedding") > 0) text += ", embedding " + values.text("embedding");
  if (values.text("recurrence") != "cell") text += ", recurrence " + values.text("recurrence");
  if (values.flag("learn-start")) text += ", learned start";
  if (const std::string noise = noise_text(values); !noise.empty()) text += ", " + noise;
  if (const auto& embedded = facts.task.facts().embedded; !embedded.empty())
    text += fmt::format(", categories embedded in {} numbers", embedded.front().size);
  text += fmt::format(", {} parameters, {}", format_count(static_cast<double>(count_parameters(facts.model))),
                      values.text("dtype"));
  const std::string bias = gate_bias_text(facts.trainer.gate_bias());
  return bias.empty() || facts.resumed_at > 0 ? text : text + ", " + bias;
}

std::string data_text(const Task& task, std::int64_t batch) {
  const auto size = [&](const char* name, Split split) {
    const std::int64_t batches = task.batches(split);
    return batches == 0 ? std::string() : fmt::format("{} {} batches", name, batches);
  };
  std::vector<std::string> parts{size("train", Split::train), size("valid", Split::valid),
                                 size("test", Split::test)};
  if (parts.front().empty()) parts.front() = "train generated without end";
  std::erase(parts, "");
  const std::size_t symbols = task.alphabet().size();
  const std::string alphabet = symbols == 0 ? "" : fmt::format(", {} symbols", symbols);
  return fmt::format("{}, {} sequences each{}", join(parts), batch, alphabet);
}

std::string training_text(const BannerFacts& facts) {
  const TrainerOptions& options = facts.trainer.options();
  std::string text =
      fmt::format("{} updates, {} at lr {}, {} schedule", options.updates, facts.values.text("optimiser"),
                  rate_text(options.optimiser.lr), facts.values.text("schedule"));
  if (options.schedule.warmup_updates > 0)
    text += fmt::format(" after {} of warm-up", options.schedule.warmup_updates);
  if (options.accumulate > 1) text += fmt::format(", {} batches an update", options.accumulate);
  if (options.tbptt > 0) text += fmt::format(", gradient cut every {} steps", options.tbptt);
  if (options.target) text += fmt::format(", until the metric reaches {}", *options.target);
  return text;
}

std::string gradient_text(const TrainerOptions& options) {
  std::string text =
      options.clip.mode == ClipMode::norm    ? fmt::format("clipped to norm {}", options.clip.limit)
      : options.clip.mode == ClipMode::value ? fmt::format("entries clipped to {}", options.clip.limit)
                                             : std::string("not clipped");
  return text + (options.flow_every > 0
                     ? fmt::format(", every time step sampled each {} updates", options.flow_every)
                     : std::string(", time steps not recorded"));
}

std::string machine_text(const OptionValues& values) {
  const std::string threads = values.text("threads");
  const char* chosen = values.is_default("threads") ? ", chosen by the program (--threads)" : "";
  return fmt::format("{}, {} thread{}{}, seed {}", values.text("device"), threads, threads == "1" ? "" : "s",
                     chosen, values.text("seed"));
}

}  // namespace

std::vector<std::string> banner(const BannerFacts& facts) {
  const TaskFacts& task = facts.task.facts();
  const std::string resumed =
      facts.resumed_at > 0 ? fmt::format(", resumed after update {}", facts.resumed_at) : std::string();
  std::vector<std::string> lines{
      line("task", fmt::format("{}, measured by {}", task.name, task.metric)),
      line("baseline", fmt::format("{:.4g}: {}", task.baseline, task.baseline_text)),
      line("data", data_text(facts.task, facts.values.integer("batch"))),
      line("model", model_text(facts)),
      line("engine", engine_line(facts.recurrent)),
      line("training", training_text(facts)),
      line("gradient", gradient_text(facts.trainer.options())),
      line("machine", machine_text(facts.values)),
      line("run", facts.folder.string() + resumed)};
  auto place = lines.begin() + 3;  // after the data
  for (const std::string& note : facts.task.notes()) place = lines.insert(place, line("", note)) + 1;
  return lines;
}

std::vector<std::string> without_effect(const OptionValues& values) {
  if (values.number("dropout") == 0 || values.integer("layers") > 1) return {};
  return {
      fmt::format("--dropout {} does nothing here: it drops what goes from layer to layer, and there is one; "
                  "give --layers 2 or more, or leave it out",
                  values.text("dropout"))};
}

std::string engine_line(const RecurrentBase& module) {
  const EngineChoice choice = module.engine_choice();
  return fmt::format("{}: {}", engine_name(choice.engine), choice.reason);
}

std::string gate_bias_text(const std::vector<GateBias>& biases) {
  std::vector<std::string> parts;
  for (const GateBias& bias : biases) {
    const bool same = bias.max - bias.min < 0.005;
    const std::string value =
        same ? fmt::format("{:.2f}", bias.mean) : fmt::format("{:.2f} ... {:.2f}", bias.min, bias.max);
    parts.push_back(fmt::format("{} (l{}{})", value, bias.id.layer, bias.id.reverse ? " reverse" : ""));
  }
  return parts.empty() ? "" : fmt::format("{} bias {}", biases.front().gate, join(parts));
}

}  // namespace carousel::cli
