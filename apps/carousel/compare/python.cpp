#include "compare/python.h"

#include <stdlib.h>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/torch_build.h"

#include "compare/embedded.h"
#include "system/python.h"

namespace carousel::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr double seconds_to_start = 180.0;   // importing torch from a cold disk
constexpr double seconds_to_answer = 900.0;  // a long training in a plain Python loop

fs::path new_folder() {
  std::string name = (fs::temp_directory_path() / "carousel-compare-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw SystemError(
        fmt::format("cannot make a temporary folder {}: set TMPDIR to one that can be written", name));
  return name;
}

bool is_import_error(const std::string& line) {
  return line.starts_with("ModuleNotFoundError") || line.starts_with("ImportError") ||
         line.starts_with("OSError");
}

std::string how_to_get_it() {
  return fmt::format("pip install torch=={}, or name another Python with --python",
                     release_of(carousel::torch_version));
}

}  // namespace

std::string release_of(const std::string& version) {
  return version.substr(0, version.find_first_not_of("0123456789."));
}

PythonReference::PythonReference(const std::string& python, std::int64_t threads)
    : python_(choose_python(python)), folder_(new_folder()) {
  try {
    fs::create_directory(folder_ / "carousel_torch");
    for (const auto& [name, text] : {std::pair{"carousel_torch/__init__.py", embedded::torch_init},
                                     {"carousel_torch/cells.py", embedded::torch_cells},
                                     {"carousel_torch/loop.py", embedded::torch_loop},
                                     {"carousel_torch/model.py", embedded::torch_model},
                                     {"carousel_torch/noise.py", embedded::torch_noise},
                                     {"carousel_reference.py", embedded::carousel_reference},
                                     {"carousel_compare.py", embedded::carousel_compare}})
      write_file_atomically(folder_ / name, text);
    const std::string count = fmt::format("{}", threads);
    try {
      child_ = std::make_unique<ChildProcess>(ChildOptions{
          .name = "the reference in Python",
          .command = {python_, (folder_ / "carousel_compare.py").string(), folder_.string()},
          .set = {{"OMP_NUM_THREADS", count}, {"MKL_NUM_THREADS", count}, {"PYTHONUNBUFFERED", "1"}},
          .log = folder_ / "stderr"});
    } catch (const ChildFailure&) {
      throw NoReference(fmt::format("there is no Python '{}' to compare with: install Python 3 and {}",
                                    python_, how_to_get_it()));
    }
    greet();
  } catch (...) {
    child_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    throw;
  }
}

PythonReference::~PythonReference() {
  child_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PythonReference::greet() try {
  const json hello = read_answer(seconds_to_start);
  torch_ = hello.at("torch");
  version_ = hello.at("python");
  if (release_of(torch_) == release_of(carousel::torch_version)) return;
  throw NoReference(fmt::format(
      "the torch of {} is {}, but this program's LibTorch is {}: only the same version computes the same; {}",
      python_, torch_, carousel::torch_version, how_to_get_it()));
} catch (const SystemError&) {
  const std::string last = child_->last_words();
  if (!is_import_error(last)) throw;
  throw NoReference(
      fmt::format("{} cannot import what the reference needs ({}): {}", python_, last, how_to_get_it()));
} catch (const json::exception& error) {
  throw SystemError(fmt::format("the reference in {} did not introduce itself ({}): is it a Python?", python_,
                                error.what()));
}

json PythonReference::read_answer(double seconds) {
  std::string line;
  try {
    line = child_->read_line(seconds);
  } catch (const ChildFailure& failure) {
    throw SystemError(failure.what());
  }
  json answer = json::parse(line, nullptr, false);
  if (answer.is_discarded() || !answer.is_object()) {
    throw SystemError(fmt::format("the reference in Python ({}) wrote something that is no answer: '{}'",
                                  python_, line.substr(0, 200)));
  }
  return answer;
}

json PythonReference::ask(const std::string& method, json arguments) {
  arguments["do"] = method;
  try {
    child_->write_line(arguments.dump());
  } catch (const ChildFailure& failure) {
    throw SystemError(failure.what());
  }
  json answer = read_answer(seconds_to_answer);
  if (answer.contains("error"))
    throw Error("the reference in Python refuses: " + answer["error"].get<std::string>());
  if (!answer.contains("is"))
    throw SystemError(fmt::format("the reference in Python ({}) answered without a value: {}", python_,
                                  answer.dump().substr(0, 200)));
  return answer["is"];
}

}  // namespace carousel::cli
