// carousel report
#include "report/report.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/text.h"

#include "options/command_line.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "page/page.h"
#include "report/sections.h"
#include "runs/run_record.h"
#include "tables/table_record.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t most_runs = 8;  // as many as there are colours

/// Runs are told apart by the names of their folders, or by their paths where two have the same.
Runs read_runs(const std::vector<std::string>& paths) {
  if (paths.empty()) throw Error("carousel report needs a run: carousel report runs/NAME");
  if (paths.size() > most_runs)
    throw Error(fmt::format("carousel report shows at most {} runs at a time, and {} were given", most_runs,
                            paths.size()));
  Runs runs;
  std::set<fs::path> folders;
  std::set<std::string> names;
  for (const std::string& path : paths) {
    runs.push_back(read_run_records(path));
    if (!folders.insert(fs::canonical(runs.back().path)).second)
      throw Error(fmt::format("the run '{}' was given twice: give each once", path));
    names.insert(runs.back().name);
  }
  if (names.size() < runs.size()) {
    for (RunRecords& run : runs) run.name = run.path.string();
  }
  return runs;
}

/// What a model does on its table: of one run, as it has to be run for it.
void add_table_record(Runs& runs, const Registries& registries) {
  if (runs.size() > 1 || !runs.front().of_table) return;
  TableRecord record = table_record(runs.front().path, registries);
  runs.front().table = std::move(record.figures);
  runs.front().table_note = std::move(record.note);
}

json sections_of(const Runs& runs) {
  json sections{verdict_section(runs), facts_section(runs), learning_section(runs)};
  for (json& of_table : table_sections(runs)) sections.push_back(std::move(of_table));
  for (json& of_gradient :
       json{reach_section(runs), fields_section(runs), gates_section(runs), updates_section(runs)})
    sections.push_back(std::move(of_gradient));
  for (json& more : analysis_sections(runs)) sections.push_back(std::move(more));
  sections.push_back(spikes_section(runs));
  json there = json::array();
  for (json& section : sections) {
    if (!section.is_null()) there.push_back(std::move(section));
  }
  return there;
}

json content_of(const Runs& runs, const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const RunRecords& run : runs) names.push_back(run.name);
  return {{"title", join(names, " and ")},
          {"subtitle",
           runs.size() == 1
               ? subtitle_of(runs.front())
               : "How these runs learnt, and how far their gradients reached on the way back through time."},
          {"runs", names},
          {"made_by", "carousel report " + join(paths, " ")},
          {"sections", sections_of(runs)}};
}

json summary_of(const json& content, const fs::path& path, std::size_t bytes) {
  json shown = json::array(), notes = json::array();
  std::size_t charts = 0;
  for (const json& section : content["sections"]) {
    const std::size_t count = section.value("charts", json::array()).size();
    charts += count;
    if (count > 0 || section.contains("facts") || section.contains("verdicts"))
      shown.push_back(section["title"]);
    for (const json& note : section.value("notes", json::array())) notes.push_back(note);
  }
  return {
      {"report", path.string()}, {"bytes", bytes}, {"charts", charts}, {"sections", shown}, {"notes", notes}};
}

std::string summary_text(const json& summary) {
  std::string text =
      fmt::format("report    {}, {:.1f} MB, {} charts\nshows     {}\n", summary["report"].get<std::string>(),
                  summary["bytes"].get<double>() / 1e6, summary["charts"].get<std::size_t>(),
                  join(summary["sections"].get<std::vector<std::string>>()));
  for (const json& note : summary["notes"]) text += fmt::format("note      {}\n", note.get<std::string>());
  return text;
}

}  // namespace

Command report_command(const Registries&) {
  OptionGroup file("File"), run("Run");
  file.add(output_option("HTML page that is written; one that is there is replaced")).shown_default =
      "report.html in the first run's folder";
  run.add(json_option("what was written"));
  run.add(help_option());
  return {
      .name = "report",
      .summary =
          "Writes one self-contained HTML page that shows how a run learnt and how its gradient flowed, or "
          "compares several runs.",
      .positionals = {{"RUN...", "folders of runs, such as runs/adding-lstm-001", true}},
      .options = options_of({file, run})};
}

int report(const Words& words, const Registries& registries) {
  const auto line = read_command_line(report_command(registries), words);
  if (!line) return 0;
  const OptionValues& asked = line->values;
  Runs runs = read_runs(line->arguments.rest);
  add_table_record(runs, registries);
  const fs::path file = output_file(asked, runs.front().path / "report.html");
  const json content = content_of(runs, line->arguments.rest);
  const std::string page = page_html(content);
  write_file_atomically(file, page);
  const json summary = summary_of(content, file, page.size());
  print(asked.flag("json") ? json_text(summary) : summary_text(summary));
  return 0;
}

}  // namespace carousel::cli
