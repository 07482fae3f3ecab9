// What a run shows in TensorBoard while it goes on: RUN/tb.
//
//   train/...  flow/...  valid/...      the figures of metrics.jsonl, every update
//   gradient/log10_dh/l0                histograms of log10 |dL/dh_t| over the steps t, of recorded updates:
//                                       each state, layer and direction; log10_dh_last_loss is that of the
//                                       last step's loss alone
//   gradient/steps_without/dh/l0        steps where none arrived, which are in no histogram
//   hyperparameters                     the options
#pragma once

#include <chrono>
#include <filesystem>

#include "carousel/flow/record.h"
#include "carousel/io/event_file.h"

#include "options/option_values.h"
#include "runs/metric_columns.h"

namespace carousel::cli {

/// The options that make the run, with their types, and the scalars it is judged by.
EventSession event_session(const OptionValues& values, const MetricColumns& columns);

class RunEvents {
 public:
  /// Goes on after `updates`. Throws SystemError when the system refuses, now or later.
  RunEvents(const std::filesystem::path& folder, std::int64_t updates, const MetricColumns& columns,
            const EventSession& session);

  void update(const nlohmann::json& line);
  void validation(const nlohmann::json& line);
  void flow(const FlowRecord& flow);

  /// For who watches: called at every line of the log. In between it happens by itself every few seconds.
  void flush();

  /// Files of earlier sessions with a record that somebody damaged.
  const std::vector<std::filesystem::path>& damaged() const { return file_.damaged(); }

  /// The last word of a run that will not go on by itself.
  void end(std::int64_t updates, SessionEnd how);

 private:
  void scalars(const std::vector<MetricColumn>& columns, const nlohmann::json& line);
  void curve(std::int64_t update, const std::string& what, const std::string& layer,
             const std::vector<double>& log10);

  MetricColumns columns_;
  EventFile file_;
  std::chrono::steady_clock::time_point flushed_ = std::chrono::steady_clock::now();
};

}  // namespace carousel::cli
