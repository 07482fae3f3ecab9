#include "train/spike_watch.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "carousel/train/batch.h"
#include "carousel/train/task.h"

#include "runs/record_lines.h"

namespace carousel::cli {

using nlohmann::json;

SpikeWatch::SpikeWatch(const RunFolder& run, std::int64_t updates, SpikeContext context,
                       std::vector<std::string>& damages)
    : config_(run.config()), path_(run.flow() / "spikes.jsonl"), context_(context) {
  if (std::filesystem::exists(path_)) open_up_to(path_, updates, damages);
  if (updates == 0) return;
  const std::string content = read_file(run.metrics());
  for (const RecordLine& line : lines_in(content)) {
    const json figures = parsed(line);
    if (!update_in(figures) || figures.value("kind", json()) != "update") continue;
    for (auto [detector, key] : {std::pair{&loss_, "loss"}, {&norm_, "grad_norm"}}) {
      if (figures.value(key, json()).is_number()) detector->add(figures.at(key).get<double>());
    }
  }
}

SpikeWatch::Leader SpikeWatch::leader(const UpdateReport& report) {
  const auto& parameters = report.clip.parameters;
  if (parameters.empty()) return {};
  const auto largest = std::ranges::max_element(parameters, {}, &ParameterFlow::gradient_norm);
  const double share = std::pow(largest->gradient_norm / report.clip.norm_before, 2);
  return {largest->name, largest->gradient_norm, share};
}

json SpikeWatch::record(const UpdateReport& report, const char* of, const Spike& spike) const {
  const std::int64_t first = (report.update - 1) * context_.accumulate;
  const std::int64_t last = first + context_.accumulate - 1;
  json examples = json::array();
  for (std::int64_t i = first; i <= last; ++i) {
    for (const std::int64_t example : context_.task.batch(Split::train, i).examples)
      examples.push_back(example);
  }
  const Leader led = leader(report);
  json line{{"update", report.update},
            {"of", of},
            {"value", spike.value},
            {"median", spike.median},
            {"z", spike.z},
            {"seed", context_.seed},
            {"batches", {first, last}},
            {"examples", examples},
            {"leader", {{"parameter", led.parameter}, {"norm", led.norm}, {"share", led.share}}},
            {"layers", json::array()},
            {"replay", fmt::format("carousel train --config {} --train-for {}u --name replay",
                                   config_.string(), report.update)}};
  if (report.flow) {
    json flow = report.flow->to_json();
    for (const char* part : {"layers", "parameters", "update_ratios"}) line[part] = std::move(flow[part]);
  }
  return line;
}

std::vector<std::string> SpikeWatch::look(const UpdateReport& report) {
  std::vector<std::string> told;
  const auto look_at = [&](SpikeDetector& detector, const char* of, double value) {
    const auto spike = detector.add(value);
    if (!spike) return;
    AppendFile(path_).append(record(report, of, *spike).dump());
    told.push_back(fmt::format(
        "spike at update {}: {} {:.3g}, {:.3g} in the median before (z {:.1f}), led by {}; "
        "what a replay needs is in {}",
        report.update, of, spike->value, spike->median, spike->z, leader(report).parameter, path_.string()));
  };
  look_at(loss_, "loss", report.loss);
  look_at(norm_, "gradient norm", report.clip.norm_before);
  return told;
}

}  // namespace carousel::cli
