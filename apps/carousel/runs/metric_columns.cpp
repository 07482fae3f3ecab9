#include "runs/metric_columns.h"

#include <algorithm>
#include <cctype>

namespace carousel::cli {

using nlohmann::json;

const json& MetricColumn::in(const json& line) const {
  static const json nothing;
  return line.contains(place) ? line.at(place) : nothing;
}

MetricColumns metric_columns(const std::vector<std::string>& gates, const std::string& metric) {
  const auto at = [](const char* place) { return json::json_pointer(place); };
  MetricColumns columns;
  columns.update = {{at("/update"), "update", ""},
                    {at("/loss"), "loss", "train/loss"},
                    {at("/lr"), "lr", "train/lr"},
                    {at("/grad_norm"), "grad_norm", "train/grad_norm"},
                    {at("/grad_norm_clipped"), "grad_norm_clipped", ""},
                    {at("/clip_coefficient"), "clip_coefficient", "train/clip_coefficient"},
                    {at("/update_ratio"), "update_ratio", "train/update_ratio"},
                    {at("/items_per_second"), "items_per_second", "train/items_per_second"},
                    {at("/seconds"), "seconds", ""},
                    {at("/dh_log10"), "dh_log10", "flow/dh_log10"},
                    {at("/dh_steps"), "dh_steps", ""},
                    {at("/keep_gate"), "keep_gate", "flow/keep_gate"},
                    {at("/memory_steps"), "memory_steps", "flow/memory_steps"}};
  for (const std::string& gate : gates) {
    columns.update.push_back({json::json_pointer() / "saturated" / gate, "saturated_" + tag_of(gate),
                              "flow/saturated/" + tag_of(gate)});
  }
  columns.validation = {{at("/loss"), "valid_loss", "valid/loss"},
                        {at("/metric"), "valid_metric", "valid/" + tag_of(metric)}};
  return columns;
}

std::string tag_of(std::string name) {
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-'; }, '_');
  return name;
}

}  // namespace carousel::cli
