// Sections of the report in words and tables: the diagnosis, what was run, the spikes.
#include <algorithm>
#include <set>

#include "carousel/text.h"

#include "report/chart.h"
#include "report/sections.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

std::string level_of(const std::string& verdict) {
  if (verdict == "healthy") return "good";
  return verdict == "vanishing" || verdict == "exploding" ? "bad" : "warning";
}

/// "Since update 900. Before: vanishing from update 1."
std::string history_of(const json& verdict) {
  std::string text;
  if (verdict.contains("since")) text = fmt::format("Since update {}.", verdict["since"].get<std::int64_t>());
  std::vector<std::string> past;
  for (const json& entry : verdict.value("history", json::array())) {
    past.push_back(fmt::format("{} from update {}", entry.at("verdict").get<std::string>(),
                               entry.at("update").get<std::int64_t>()));
  }
  if (past.size() > 1) text += " History: " + join(past) + ".";
  return text;
}

json verdict_of(const RunRecords& run, bool named) {
  return reading(run.verdict_path(), [&] {
    const std::string word = run.verdict.at("verdict");
    json entry{{"verdict", title_text(word)},
               {"level", level_of(word)},
               {"sentence", title_text(run.verdict.at("sentence").get<std::string>())},
               {"since", history_of(run.verdict)}};
    if (named) entry["run"] = run.name;
    if (const std::string option = run.verdict.value("option", ""); !option.empty()) entry["option"] = option;
    for (const json& evidence : run.verdict.value("evidence", json::array()))
      entry["evidence"].push_back(evidence.at("text").get<std::string>());
    return entry;
  });
}

/// A fact of the table: its name, and what a run has for it; null where it has nothing.
struct Fact {
  const char* name;
  json (*of)(const RunRecords& run);
};

json option(const RunRecords& run, const char* name) {
  const auto found = run.options.find(name);
  return found == run.options.end() ? json() : json(found->second);
}

json of_meta(const RunRecords& run, const char* key) {
  const auto found = run.meta.find(key);
  return found == run.meta.end() ? json() : *found;
}

json of_result(const RunRecords& run, const char* key) {
  const json result = of_meta(run, "result");
  return result.is_object() && result.contains(key) ? result[key] : json();
}

json task(const RunRecords& run) {
  const json task = of_meta(run, "task");
  return task.is_object() ? task.value("name", json()) : json();
}

json network(const RunRecords& run) {
  const json cell = option(run, "cell"), hidden = option(run, "hidden"), layers = option(run, "layers");
  if (cell.is_null() || hidden.is_null() || layers.is_null()) return of_result(run, "cell");
  const bool both = option(run, "bidirectional") == "true";
  return fmt::format("{}, {} x {} units{}", cell.get<std::string>(), layers.get<std::string>(),
                     hidden.get<std::string>(), both ? ", both directions" : "");
}

json metric(const RunRecords& run, const char* which) {
  const json score = of_result(run, which);
  if (!score.is_object()) return nullptr;
  return fmt::format("{} {:.4g} after {} updates", of_result(run, "metric_name").get<std::string>(),
                     score.at("metric").get<double>(), score.at("update").get<std::int64_t>());
}

json baseline(const RunRecords& run) {
  const json task = of_meta(run, "task");
  if (!task.is_object() || !task.contains("baseline")) return nullptr;
  return fmt::format("{:.4g}: {}", task["baseline"].get<double>(), task.value("baseline_text", ""));
}

json length(const RunRecords& run) {
  if (of_result(run, "updates").is_null()) {
    const ChartPoints& loss = run.update_column("loss");
    return fmt::format("{} updates so far, not finished",
                       loss.empty() ? 0 : static_cast<std::int64_t>(loss.back().x));
  }
  const json seconds = of_result(run, "seconds");  // a run that failed has none
  return fmt::format("{} updates{}, {}", of_result(run, "updates").get<std::int64_t>(),
                     seconds.is_number() ? " in " + format_duration(seconds.get<double>()) : "",
                     of_result(run, "reason").get<std::string>());
}

json machine(const RunRecords& run) {
  if (of_meta(run, "device").is_null()) return nullptr;
  const auto threads = of_meta(run, "threads").get<std::int64_t>();
  return fmt::format("{}, {} {}", of_meta(run, "device").get<std::string>(), threads,
                     threads == 1 ? "thread" : "threads");
}

json versions(const RunRecords& run) {
  if (of_meta(run, "carousel").is_null()) return nullptr;
  return fmt::format("Carousel {}, LibTorch {}, {}", of_meta(run, "carousel").get<std::string>(),
                     of_meta(run, "torch").get<std::string>(), of_meta(run, "blas").get<std::string>());
}

json command_line(const RunRecords& run) {
  const json words = of_meta(run, "command_line");
  if (!words.is_array()) return nullptr;
  return {{"code", join(words.get<std::vector<std::string>>(), " ")}};
}

json optimiser(const RunRecords& run) {
  const json name = option(run, "optimiser"), rate = option(run, "lr"), schedule = option(run, "schedule");
  if (name.is_null() || rate.is_null()) return nullptr;
  return fmt::format("{}, learning rate {}, schedule {}", name.get<std::string>(), rate.get<std::string>(),
                     schedule.is_null() ? "constant" : schedule.get<std::string>());
}

constexpr Fact facts[]{
    {"task", task},
    {"network", network},
    {"parameters", [](const RunRecords& run) { return of_meta(run, "parameters"); }},
    {"best", [](const RunRecords& run) { return metric(run, "best"); }},
    {"last", [](const RunRecords& run) { return metric(run, "last"); }},
    {"baseline", baseline},
    {"training", length},
    {"optimiser", optimiser},
    {"gradient clipped to norm", [](const RunRecords& run) { return option(run, "clip-norm"); }},
    {"gradient cut after (steps)",
     [](const RunRecords& run) {
       return option(run, "tbptt") == "0" ? json("never") : option(run, "tbptt");
     }},
    {"steps of a sequence", [](const RunRecords& run) { return option(run, "length"); }},
    {"sequences in a batch", [](const RunRecords& run) { return option(run, "batch"); }},
    {"forget bias", [](const RunRecords& run) { return option(run, "forget-bias"); }},
    {"engine", [](const RunRecords& run) { return of_meta(run, "engine"); }},
    {"machine", machine},
    {"seed", [](const RunRecords& run) { return of_meta(run, "seed"); }},
    {"versions", versions},
    {"started", [](const RunRecords& run) { return of_meta(run, "started"); }},
    {"folder", [](const RunRecords& run) { return json(run.path.string()); }},
    {"command", command_line},
};

std::string text_or(const json& entry, const char* key, const std::string& otherwise) {
  return entry.contains(key) && entry[key].is_string() ? entry[key].get<std::string>() : otherwise;
}

json number_or_null(const json& entry, const char* key) {
  return entry.contains(key) && entry[key].is_number() ? short_number(entry[key].get<double>()) : json();
}

json spike_row(const RunRecords& run, const json& spike) {
  const json leader = spike.value("leader", json::object());
  std::string who = text_or(leader, "parameter", "");
  if (leader.contains("share") && leader["share"].is_number())
    who += fmt::format(" ({:.0f} % of the norm)", 100.0 * leader["share"].get<double>());
  return json::array({fmt::format("{}, update {}", run.name, spike.at("update").get<std::int64_t>()),
                      text_or(spike, "of", ""),
                      number_or_null(spike, "value"),
                      number_or_null(spike, "median"),
                      number_or_null(spike, "z"),
                      who,
                      {{"code", text_or(spike, "replay", "")}}});
}

}  // namespace

std::string subtitle_of(const RunRecords& run) {
  std::vector<std::string> parts;
  reading(run.path / "meta.json", [&] {
    for (const json& part : {task(run), network(run), length(run), metric(run, "best")}) {
      if (part.is_string()) parts.push_back(part);
    }
    return 0;
  });
  return join(parts, " \u00b7 ");
}

json verdict_section(const Runs& runs) {
  json verdicts = json::array(), notes = json::array();
  for (const RunRecords& run : runs) {
    if (run.verdict.is_null()) {
      notes.push_back(fmt::format(
          "{} has no diagnosis (verdict.json): it was trained without one, or stopped before it.", run.name));
    } else {
      verdicts.push_back(verdict_of(run, runs.size() > 1));
    }
  }
  return {{"title", "Diagnosis"}, {"verdicts", std::move(verdicts)}, {"notes", std::move(notes)}};
}

json facts_section(const Runs& runs) {
  json columns{""}, rows = json::array();
  for (const RunRecords& run : runs) columns.push_back(runs.size() > 1 ? run.name : "");
  for (const Fact& fact : facts) {
    json row{fact.name};
    bool any = false;
    for (const RunRecords& run : runs) {
      row.push_back(reading(run.path / "meta.json", [&] { return fact.of(run); }));
      any = any || !row.back().is_null();
    }
    if (any) rows.push_back(std::move(row));
  }
  return {{"title", runs.size() > 1 ? "Runs" : "Run"}, {"facts", {{"columns", columns}, {"rows", rows}}}};
}

json spikes_section(const Runs& runs) {
  json rows = json::array();
  bool watched = false;
  for (const RunRecords& run : runs) {
    watched = watched || run.watched_spikes;
    for (const std::size_t i : evenly(run.spikes.size(), 100))
      rows.push_back(reading(run.spikes_path(), [&] { return spike_row(run, run.spikes[i]); }));
  }
  if (!watched) return nullptr;
  json made{{"title", "Spikes"},
            {"text",
             "Updates whose loss or gradient norm stood out from those before; z counts robust standard "
             "deviations. The command goes back to that update."}};
  if (rows.empty()) made["notes"] = {"No update stood out."};
  if (!rows.empty())
    made["facts"] = {{"columns", {"when", "of", "value", "median before", "z", "led by", "replay"}},
                     {"rows", rows}};
  return made;
}

}  // namespace carousel::cli
