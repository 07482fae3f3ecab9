// Sections of the report that come from metrics.jsonl: learning, clipping, the steps of the parameters.
#include <algorithm>
#include <set>

#include "report/chart.h"
#include "report/sections.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t windows = 80;

/// Losses that fall through several powers of ten are read on a logarithmic axis.
bool spans_decades(const Runs& runs) {
  double low = INFINITY, high = 0.0;
  for (const RunRecords& run : runs) {
    for (const Columns* columns : {&run.updates, &run.validations}) {
      const auto found = columns->find("loss");
      if (found == columns->end()) continue;
      for (const ChartPoint& point : found->second) {
        if (!std::isfinite(point.y)) continue;
        low = std::min(low, point.y);
        high = std::max(high, point.y);
      }
    }
  }
  return low > 0.0 && high > 50.0 * low;
}

void add_loss(const Runs& runs, json& charts) {
  const bool log = spans_decades(runs);
  LinesChart chart("Loss",
                   "Faint: every update; strong: its running mean; dots: validation, which is what counts.",
                   axis("update"), log ? log_axis("loss") : axis("loss"));
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto shown = [&](const ChartPoints& points) { return log ? positive(points) : points; };
    chart.add_noisy(line_name(runs, r, "train"), shown(runs[r].update_column("loss")), look(runs, r, 0));
    chart.add(line_name(runs, r, "validation"), shown(runs[r].validation_column("loss")), look(runs, r, 1),
              "points");
  }
  chart.put_into(charts);
}

json task_of(const RunRecords& run) {
  return run.meta.value("task", json::object());
}

std::string metric_of(const RunRecords& run) {
  return task_of(run).value("metric", "metric");
}

/// Tasks differ in what they measure: a chart a metric.
void add_metrics(const Runs& runs, json& charts) {
  std::set<std::string> metrics;
  for (const RunRecords& run : runs) metrics.insert(metric_of(run));
  for (const std::string& metric : metrics) {
    LinesChart chart("Validation: " + metric, "", axis("update"), axis(metric));
    std::set<double> baselines;
    std::string best = "The metric the task is judged by.";
    for (std::size_t r = 0; r < runs.size(); ++r) {
      if (metric_of(runs[r]) != metric) continue;
      chart.add(line_name(runs, r, metric), runs[r].validation_column("metric"), look(runs, r, 0), "points");
      const json task = task_of(runs[r]);
      best = task.value("lower_is_better", true) ? "Lower is better" : "Higher is better";
      if (task.contains("baseline")) baselines.insert(task["baseline"].get<double>());
    }
    for (const double baseline : baselines) chart.add_limit(baseline, "baseline");
    if (!baselines.empty()) best += "; a network that has learnt something passes the baseline";
    chart.set_how(best + ".");
    chart.put_into(charts);
  }
}

json spike_marks(const RunRecords& run, const std::string& of) {
  json points = json::array();
  for (const json& spike : run.spikes) {
    if (spike.value("of", "") == of)
      points.push_back({spike["update"], spike.contains("value") ? spike["value"] : json()});
  }
  return {{"kind", "spike"}, {"name", "spike"}, {"tone", "bad"}, {"points", std::move(points)}};
}

std::vector<ChartPoint> clipped_updates(const RunRecords& run) {
  ChartPoints clipped;
  for (const ChartPoint& point : run.update_column("clip_coefficient"))
    clipped.push_back({point.x, point.y < 1.0 ? 1.0 : 0.0});
  return clipped;
}

/// Ticks at the updates that were clipped, where they are few enough to tell apart.
json clip_marks(const RunRecords& run) {
  json points = json::array();
  for (const ChartPoint& point : clipped_updates(run)) {
    if (point.y > 0.0) points.push_back({short_number(point.x), nullptr});
  }
  if (points.size() > 400) points = json::array();
  return {{"kind", "clip"}, {"name", "clipped"}, {"tone", "warning"}, {"points", std::move(points)}};
}

void add_gradient_norm(const Runs& runs, json& charts) {
  LinesChart chart(
      "Gradient norm",
      "Joint norm over all parameters before clipping; a rise by powers of ten is a gradient that explodes.",
      axis("update"), log_axis("gradient norm"));
  std::set<std::string> limits;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    chart.add_noisy(line_name(runs, r, "gradient norm"), positive(runs[r].update_column("grad_norm")),
                    look(runs, r, 0));
    if (const auto limit = runs[r].options.find("clip-norm"); limit != runs[r].options.end())
      limits.insert(limit->second);
    chart.add_mark(spike_marks(runs[r], "gradient norm"));
  }
  for (const std::string& limit : limits) {
    if (limit != "none") chart.add_limit(std::stod(limit), "clip norm " + limit);
  }
  if (runs.size() == 1) chart.add_mark(clip_marks(runs.front()));
  chart.put_into(charts);
}

void add_clipping(const Runs& runs, json& charts) {
  LinesChart chart(
      "Clipped updates",
      "How many of the updates around each point were scaled down; near 100 % the limit sets the step.",
      axis("update"), share_axis("share of updates"));
  for (std::size_t r = 0; r < runs.size(); ++r)
    chart.add(line_name(runs, r, "clipped"), bucket_means(clipped_updates(runs[r]), windows),
              look(runs, r, 0));
  chart.put_into(charts);
}

void add_learning_rate(const Runs& runs, json& charts) {
  LinesChart chart("Learning rate", "The optimiser's rate after its schedule.", axis("update"),
                   log_axis("rate"));
  bool changes = false;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const ChartPoints& rate = runs[r].update_column("lr");
    changes =
        changes || std::ranges::any_of(rate, [&](const ChartPoint& p) { return p.y != rate.front().y; });
    chart.add(line_name(runs, r, "rate"), positive(rate), look(runs, r, 0));
  }
  if (changes) chart.put_into(charts);
}

/// Lines over updates from an object of numbers in every line of norms.jsonl, such as "parameters".
void add_parameters(const Runs& runs, const char* key, LinesChart chart, json& charts) {
  for (std::size_t r = 0; r < runs.size(); ++r) {
    std::map<std::string, ChartPoints> lines;
    reading(runs[r].norms_path(), [&] {
      for (const json& record : runs[r].flow) {
        const json values = record.value(key, json::object());
        for (const auto& [name, value] : values.items())
          lines[name].push_back({record["update"], value.is_null() ? std::nan("") : value.get<double>()});
      }
      return 0;
    });
    std::size_t index = 0;
    for (const auto& [name, points] : lines) {
      const bool recurrent = name.find("weight_hh") != std::string::npos;
      if (runs.size() == 1 || recurrent) chart.add(line_name(runs, r, name), points, look(runs, r, index++));
    }
  }
  chart.put_into(charts);
}

}  // namespace

json learning_section(const Runs& runs) {
  json charts = json::array();
  add_loss(runs, charts);
  add_metrics(runs, charts);
  add_gradient_norm(runs, charts);
  add_clipping(runs, charts);
  add_learning_rate(runs, charts);
  return section("Learning",
                 "Loss and joint gradient norm: what every training shows, and what hides the rest.",
                 std::move(charts));
}

json updates_section(const Runs& runs) {
  json charts = json::array();
  LinesChart ratio("Update to weight",
                   "How far one update moves the weights; about 10\u207b\u00b3 is usual, far less hardly "
                   "learns, far more is unstable.",
                   axis("update"), log_axis("|change of weights| / |weights|"));
  for (std::size_t r = 0; r < runs.size(); ++r)
    ratio.add_noisy(line_name(runs, r, "all parameters"), positive(runs[r].update_column("update_ratio")),
                    look(runs, r, 0));
  ratio.put_into(charts);
  add_parameters(runs, "update_ratios",
                 LinesChart("Update to weight by parameter",
                            "A line far below the others is a parameter that stands still.", axis("update"),
                            power_axis("|change| / |weights|")),
                 charts);
  add_parameters(
      runs, "parameters",
      LinesChart("Gradient norm by parameter", "Where the joint norm comes from, at the recorded updates.",
                 axis("update"), power_axis("gradient norm")),
      charts);
  const std::string text =
      runs.size() == 1 ? "" : " With several runs only the recurrent matrices are drawn one by one.";
  return section("Parameters",
                 "How large the gradients of the parameters are, and the steps made of them." + text,
                 std::move(charts));
}

}  // namespace carousel::cli
