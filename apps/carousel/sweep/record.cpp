#include "sweep/record.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/io/folder.h"
#include "carousel/text.h"

#include "runs/run_record.h"

namespace carousel::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Of the command's own options, those that the runs depend on.
constexpr const char* own_that_matter[] = {"random", "sweep-seed", "tuner"};

fs::path request_file(const fs::path& folder) {
  return folder / "sweep.toml";
}

fs::path failures_file(const fs::path& folder) {
  return folder / "failures.json";
}

void check_name(const std::string& name) {
  if (!name.starts_with('.') && name.find('/') == std::string::npos) return;
  throw Error(
      fmt::format("'{}' cannot be the name of a sweep: give --name one folder name without '/' that does not "
                  "begin with a dot",
                  name));
}

/// Makes the folder of a new sweep, or looks whether it is that of this one.
fs::path opened_folder(const SweepRequest& request, const Registries& registries) {
  const fs::path& folder = request.folder;
  check_name(request.own.text("name"));
  if (SweepRecord::exists(request)) {
    const std::string difference = difference_of(request, read_sweep_file(request_file(folder), registries));
    if (difference.empty()) return folder;
    throw Error(
        fmt::format("the sweep '{}' was asked otherwise: {}; go on with it by carousel sweep --config {}, "
                    "or give another --name",
                    folder.string(), difference, request_file(folder).string()));
  }
  std::error_code ignored;
  if (fs::exists(folder, ignored) && !fs::is_empty(folder, ignored)) {
    throw Error(
        fmt::format("'{}' is there but is not a sweep (it has no sweep.toml): give another --name, or move "
                    "it away",
                    folder.string()));
  }
  if (!fs::exists(folder, ignored)) make_empty_folder(folder);
  write_file_atomically(request_file(folder), sweep_toml(request));
  return folder;
}

std::string value_of(const SweptOption* option) {
  return option == nullptr ? "not given" : option->written;
}

bool is_same(const SweptOption* one, const SweptOption* other) {
  if (one == nullptr || other == nullptr) return one == other;
  return one->values == other->values && one->drawn == other->drawn;
}

}  // namespace

SweepRecord::SweepRecord(const SweepRequest& request, const Registries& registries)
    : folder_(opened_folder(request, registries)), lock_(RunLock::take(folder_)) {
  remove_left_behind(folder_);
  read_failures();
}

bool SweepRecord::exists(const SweepRequest& request) {
  std::error_code ignored;
  return fs::exists(request_file(request.folder), ignored);
}

void SweepRecord::read_failures() {
  std::error_code ignored;
  if (!fs::exists(failures_file(folder_), ignored)) return;
  const json noted = read_json(failures_file(folder_));
  for (const auto& [run, failure] : noted.items())
    failures_[run] = {.exit_code = failure.at("exit_code"), .sentence = failure.at("error")};
}

void SweepRecord::write_failures() const {
  json all = json::object();
  for (const auto& [run, end] : failures_) all[run] = {{"exit_code", end.exit_code}, {"error", end.sentence}};
  write_json(failures_file(folder_), all);
}

void SweepRecord::note_failure(const std::string& run, const JobEnd& end) {
  failures_[run] = end;
  write_failures();
}

void SweepRecord::forget_failures() {
  if (failures_.empty()) return;
  failures_.clear();
  write_failures();
}

std::string sweep_toml(const SweepRequest& request) {
  std::string text =
      "# carousel sweep --config <this file> goes on with the sweep, and with another --name repeats it.\n";
  text += fmt::format("task = {}\n", toml_quoted(request.task->name));
  for (const char* name : {"name", "runs-dir"})
    text += fmt::format("{} = {}\n", name, toml_quoted(request.own.text(name)));
  for (const char* name : own_that_matter) {
    const Option& option = request.own.option(name);
    text +=
        fmt::format("{} = {}\n", name, option.kind == Kind::text ? toml_quoted(option.value) : option.value);
  }
  for (const SweptOption& option : request.options)
    text += fmt::format("{} = {}\n", option.name, option.written);
  return text;
}

std::string difference_of(const SweepRequest& now, const SweepRequest& before) {
  if (now.task != before.task)
    return fmt::format("the task is {}, and was {}", now.task->name, before.task->name);
  std::vector<std::string> names, differences;
  for (const SweepRequest* request : {&now, &before}) {
    for (const SweptOption& option : request->options) {
      if (std::ranges::find(names, option.name) == names.end()) names.push_back(option.name);
    }
  }
  const auto add = [&](const std::string& name, const std::string& is, const std::string& was) {
    differences.push_back(fmt::format("--{} is {}, and was {}", name, is, was));
  };
  for (const std::string& name : names) {
    const SweptOption *is = now.option(name), *was = before.option(name);
    if (!is_same(is, was)) add(name, value_of(is), value_of(was));
  }
  for (const char* name : own_that_matter) {
    if (now.own.text(name) != before.own.text(name)) add(name, now.own.text(name), before.own.text(name));
  }
  return join(differences);
}

}  // namespace carousel::cli
