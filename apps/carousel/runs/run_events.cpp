#include "runs/run_events.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace carousel::cli {
namespace {

constexpr std::chrono::seconds longest_wait{5};

std::variant<double, bool, std::string> typed(const OptionValues& values, const Option& option) {
  if (option.kind == Kind::flag) return values.flag(option.name);
  const bool number = option.kind == Kind::number || option.kind == Kind::integer;
  if (number && values.is_set(option.name)) return values.number(option.name);
  return values.text(option.name);
}

}  // namespace

EventSession event_session(const OptionValues& values, const MetricColumns& columns) {
  EventSession session;
  for (const Option& option : values.all()) {
    if (option.saved && !option.foreign)
      session.hyperparameters.push_back({option.name, typed(values, option)});
  }
  for (const MetricColumn& column : columns.validation) session.metrics.push_back(column.tag);
  return session;
}

RunEvents::RunEvents(const std::filesystem::path& folder, std::int64_t updates, const MetricColumns& columns,
                     const EventSession& session)
    : columns_(columns), file_(folder, updates) {
  file_.begin_session(session);
  file_.flush();
}

void RunEvents::update(const nlohmann::json& line) {
  scalars(columns_.update, line);
  if (std::chrono::steady_clock::now() - flushed_ > longest_wait) flush();
}

void RunEvents::validation(const nlohmann::json& line) {
  scalars(columns_.validation, line);
  flush();
}

void RunEvents::scalars(const std::vector<MetricColumn>& columns, const nlohmann::json& line) {
  std::vector<ScalarEvent> scalars;
  for (const MetricColumn& column : columns) {
    const nlohmann::json& value = column.in(line);
    if (!column.tag.empty() && value.is_number()) scalars.push_back({column.tag, value.get<double>()});
  }
  file_.scalars(line.at("update"), scalars);
}

void RunEvents::flow(const FlowRecord& flow) {
  for (const LayerFlow& layer : flow.layers) {
    const std::string name = fmt::format("l{}{}", layer.id.layer, layer.id.reverse ? "_reverse" : "");
    for (std::size_t state = 0; state < layer.gradient_log10.size(); ++state)
      curve(flow.update, "d" + flow.states[state], name, layer.gradient_log10[state]);
    for (std::size_t state = 0; state < layer.last_loss_log10.size(); ++state)
      curve(flow.update, "d" + flow.states[state] + "_last_loss", name, layer.last_loss_log10[state]);
  }
}

void RunEvents::curve(std::int64_t update, const std::string& what, const std::string& layer,
                      const std::vector<double>& log10) {
  file_.histogram(update, fmt::format("gradient/log10_{}/{}", what, layer), Histogram::of(log10));
  const auto without = std::ranges::count_if(log10, [](double value) { return !std::isfinite(value); });
  const std::string tag = fmt::format("gradient/steps_without/{}/{}", what, layer);
  file_.scalars(update, {{tag, static_cast<double>(without)}});
}

void RunEvents::flush() {
  file_.flush();
  flushed_ = std::chrono::steady_clock::now();
}

void RunEvents::end(std::int64_t updates, SessionEnd how) {
  file_.end_session(updates, how);
  file_.flush();
}

}  // namespace carousel::cli
