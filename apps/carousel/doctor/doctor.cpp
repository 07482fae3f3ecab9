// carousel doctor
#include "doctor/doctor.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "doctor/findings.h"
#include "options/command_line.h"
#include "options/option_group.h"
#include "options/shared_options.h"
#include "runs/run_record.h"
#include "terminal/output.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::array health_words{"ok", "note", "WRONG"};

const char* word_of(Health health) {
  return health_words[static_cast<std::size_t>(health)];
}

std::string findings_text(const std::string& title, const Findings& findings) {
  std::string text = title + "\n";
  for (const Finding& finding : findings)
    text += fmt::format("  {:<5} {:<13} {}\n", word_of(finding.health), finding.what, finding.text);
  return text;
}

json findings_json(const Findings& findings) {
  json list = json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"what", finding.what},
                    {"health", finding.health == Health::wrong ? "wrong" : word_of(finding.health)},
                    {"text", finding.text}});
  }
  return list;
}

bool has_wrong(const Findings& findings) {
  return std::ranges::any_of(findings, [](const Finding& f) { return f.health == Health::wrong; });
}

}  // namespace

Command doctor_command(const Registries&) {
  OptionGroup run("Run");
  run.add(json_option("what was found"));
  run.add(help_option());
  return {
      .name = "doctor",
      .summary =
          "Looks at the set-up and at a run, and says what is wrong and what to do. Writes nothing; "
          "exit code 2 when something is wrong.",
      .positionals = {{"RUN", "folder of a run, such as runs/adding-lstm-001; left out, the set-up alone"}},
      .options = options_of({run})};
}

int doctor(const Words& words, const Registries& registries) {
  const auto line = read_command_line(doctor_command(registries), words);
  if (!line) return 0;
  const auto& named = line->arguments.positionals.front();
  const Findings setup = look_at_setup(named ? std::filesystem::path(*named) : "runs");
  std::string text = findings_text("set-up", setup);
  json result{{"setup", findings_json(setup)}};
  bool wrong = has_wrong(setup);
  if (named) {
    const RunFolder run = RunFolder::open(*named);
    const Findings findings = look_at_run(run, registries);
    text += findings_text(run.path().string(), findings);
    result["run"] = findings_json(findings);
    wrong = wrong || has_wrong(findings);
  }
  result["sound"] = !wrong;
  print(line->values.flag("json") ? json_text(result) : text);
  constexpr int input_is_wrong = 2;
  return wrong ? input_is_wrong : 0;
}

}  // namespace carousel::cli
