#include "runs/run_record.h"

#include <chrono>
#include <cmath>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/json_text.h"
#include "carousel/torch_build.h"
#include "carousel/version.h"

#include "runs/record_lines.h"

namespace carousel::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

json bias_json(const std::vector<GateBias>& biases) {
  json list = json::array();
  for (const GateBias& bias : biases) {
    list.push_back({{"layer", bias.id.layer},
                    {"direction", bias.id.reverse ? "reverse" : "forward"},
                    {"gate", bias.gate},
                    {"mean", bias.mean},
                    {"min", bias.min},
                    {"max", bias.max}});
  }
  return list;
}

json task_json(const TaskFacts& task) {
  json facts = task_shape_json(task);
  facts.update({{"predicts_next", task.predicts_next},
                {"metric", task.metric},
                {"lower_is_better", task.lower_is_better},
                {"baseline", task.baseline},
                {"baseline_text", task.baseline_text}});
  return facts;
}

std::vector<EmbeddedColumns> embedded_from(const json& list) {
  std::vector<EmbeddedColumns> embedded;
  for (const json& one : list)
    embedded.push_back({.first = one.at("first"), .count = one.at("count"), .size = one.at("size")});
  return embedded;
}

std::string now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

Error damaged(const fs::path& path, const char* why) {
  return Error(fmt::format("'{}' is damaged ({}): restore it or start a new run", path.string(), why));
}

/// What the recorder saw, as figures of metrics.jsonl.
void add_flow(json& line, const FlowRecord& flow) {
  const auto number = [](double value) { return std::isfinite(value) ? json(value) : json(nullptr); };
  if (const auto reach = flow.reach()) {
    line["dh_log10"] = number(reach->log10_ratio);
    line["dh_steps"] = reach->steps;
  }
  if (const auto keep = flow.keep_gate_mean()) {
    line["keep_gate"] = number(*keep);
    line["memory_steps"] = number(memory_steps(*keep));
  }
  const auto saturation = flow.saturation();
  for (std::size_t g = 0; g < saturation.size(); ++g) {
    if (saturation[g]) line["saturated"][flow.gates[g]] = number(saturation[g]->both());
  }
  if (const auto ratio = flow.update_ratio()) line["update_ratio"] = number(*ratio);
}

}  // namespace

RunRecord::RunRecord(const RunFolder& run, std::int64_t updates, const RecordOptions& options)
    : metrics_(open_up_to(run.metrics(), updates, damages_)),
      norms_(open_up_to(run.flow() / "norms.jsonl", updates, damages_)),
      table_(run.table(), options.columns, run.metrics(), updates) {
  if (const auto last = last_update_in(run.metrics()); last < updates) {
    damages_.push_back(fmt::format(
        "'{}' ends at update {}, and the run goes on after update {}: what lies between is not written again",
        run.metrics().string(), last, updates));
  }
  if (!options.tensorboard) return;
  events_.emplace(run.tensorboard(), updates, options.columns, *options.tensorboard);
  for (const fs::path& file : events_->damaged()) {
    damages_.push_back(fmt::format(
        "'{}' is damaged: it was left as it is, and TensorBoard shows what comes before", file.string()));
  }
}

void RunRecord::write(const UpdateReport& report) {
  json line{{"kind", "update"},
            {"update", report.update},
            {"loss", report.loss},
            {"lr", report.lr},
            {"grad_norm", report.clip.norm_before},
            {"grad_norm_clipped", report.clip.norm_after},
            {"clip_coefficient", report.clip.coefficient},
            {"items_per_second", static_cast<double>(report.items) / report.seconds},
            {"seconds", report.seconds}};
  if (report.flow) add_flow(line, *report.flow);
  metrics_.append(line.dump());
  table_.add(line);
  if (events_) events_->update(line);
  if (!report.flow_sampled) return;
  norms_.append(report.flow->to_json().dump());
  if (events_) events_->flow(*report.flow);
}

void RunRecord::write(const ValidationReport& report) {
  const json line{{"kind", "validation"},
                  {"update", report.update},
                  {"loss", report.score.loss()},
                  {"metric", report.score.metric()},
                  {"best", report.best}};
  metrics_.append(line.dump());
  table_.add(line);
  if (events_) events_->validation(line);
}

void RunRecord::flush() {
  if (events_) events_->flush();
}

void RunRecord::sync() {
  flush();
  metrics_.sync();
  norms_.sync();
}

void RunRecord::end(std::int64_t updates, SessionEnd how) {
  if (events_) events_->end(updates, how);
}

json meta_json(const RunFacts& facts) try {
  json meta = facts.history;
  const bool resumed = meta.contains("started");
  if (resumed) {
    meta.erase("result");  // it is not at its end any more
    json& sessions = meta["resumed"];
    if (!sessions.is_array()) sessions = json::array();
    sessions.push_back({{"command_line", facts.command_line},
                        {"started", now()},
                        {"threads", facts.threads},
                        {"device", facts.device},
                        {"engine", facts.engine}});
    return meta;
  }
  meta["command_line"] = facts.command_line;
  meta["started"] = now();
  meta["carousel"] = CAROUSEL_VERSION;
  meta["torch"] = torch_version;
  meta["blas"] = torch_blas;
  meta["seed"] = facts.seed;
  meta["threads"] = facts.threads;
  meta["device"] = facts.device;
  meta["engine"] = facts.engine;
  meta["parameters"] = facts.parameters;
  meta["forget_bias"] = bias_json(facts.forget_bias);
  meta["task"] = task_json(facts.task);
  return meta;
} catch (const json::exception&) {
  throw Error("meta.json of the run does not have the form Carousel writes: restore it or start a new run");
}

std::string json_text(const json& content) {
  return content.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

void write_json(const fs::path& path, const json& content) {
  write_file_atomically(path, json_text(content));
}

json read_json(const fs::path& path) {
  json content = parse_json(read_file(path));
  if (!content.is_object()) throw damaged(path, "it is no JSON object");
  return content;
}

json task_shape_json(const TaskFacts& task) {
  json embedded = json::array();
  for (const auto& [first, count, size] : task.embedded)
    embedded.push_back({{"first", first}, {"count", count}, {"size", size}});
  return {{"name", task.name},
          {"tokens", task.tokens},
          {"input_size", task.input_size},
          {"embedded", std::move(embedded)},
          {"output_size", task.output_size},
          {"every_step", task.every_step}};
}

TaskFacts read_task_facts(const RunFolder& run) try {
  const json task = read_json(run.meta()).at("task");
  return {.name = task.at("name"),
          .tokens = task.at("tokens"),
          .input_size = task.at("input_size"),
          .embedded = embedded_from(task.value("embedded", json::array())),  // not noted by earlier versions
          .output_size = task.at("output_size"),
          .every_step = task.at("every_step"),
          .predicts_next = task.value("predicts_next", false),  // not noted by earlier versions
          .metric = task.at("metric"),
          .lower_is_better = task.at("lower_is_better"),
          .baseline = task.at("baseline"),
          .baseline_text = task.at("baseline_text")};
} catch (const json::exception&) {
  throw damaged(run.meta(), "it does not describe the task");
}

}  // namespace carousel::cli
