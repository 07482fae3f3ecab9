// Cells with a slip in them, given to the compiler of the build: what would a user read?
#pragma once

#include <cstdlib>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "io/temporary_folder.h"
#include "recurrent/plugin/compiler_message.h"

namespace carousel::testing {

#ifdef __clang__
inline constexpr bool is_clang = true,
                      prints_numbers = __clang_major__ >= 16;  // those that a static_assert compared
#else
inline constexpr bool is_clang = false, prints_numbers = true;
#endif

/// A cell without a slip.
inline const std::string good_cell = R"(#include <algorithm>
#include <cmath>
#include <tuple>
#include "carousel/cells/cell.h"
using namespace carousel;
struct MyCell {
  static constexpr const char* name = "mine";
  static constexpr std::array gates{"forget", "new"};
  static constexpr std::array states{"h", "c"};
  // more
  template <class V>
  static constexpr auto step(const Gates<V, 2>& pre, const States<V, 2>& previous) {
    const V f = sigmoid(pre[0]), n = tanh(pre[1]);
    const V c = f * previous[1] + (1.0 - f) * n;
    const V h = tanh(c);
    return Stepped{States<V, 2>{h, c}, Gates<V, 2>{f, n}};
  }
};
)";

/// In the good cell `from` is replaced by `to`: then `said` is what a user reads behind "my_cell.h". A text of the compiler's
/// own is the given one of g++; of another compiler only its line is known.
struct Slip {
  std::string from, to, said;
  bool is_compilers_text = false;
};

/// `said` with how every sentence about a step's functions ends.
inline std::string with_functions(const std::string& said) {
  return said +
         ". A step may use + - * /, unary -, sigmoid, tanh, exp, log, relu, softplus, abs, min, max, sqrt, "
         "square, "
         "constants and learned vectors; a cell compiled into a program of one's own may say `static "
         "constexpr bool "
         "fused = false;`, and runs on the loop engine, with whatever tensors have";
}

class SlipCompiler {
 public:
  /// Precompiles the headers once, or says what is missing.
  static const SlipCompiler& instance() {
    static const SlipCompiler compiler;
    return compiler;
  }
  const std::optional<std::string>& missing() const { return missing_; }

  /// What the compiler prints about each cell.
  std::vector<std::string> outputs(const std::vector<std::string>& cells) const {
    std::vector<std::string> found(cells.size());
    std::vector<std::thread> workers;
    const std::size_t count = std::max(1u, std::thread::hardware_concurrency());
    for (std::size_t worker = 0; worker < count; ++worker) {
      workers.emplace_back([&, worker] {
        for (auto i = worker; i < cells.size(); i += count) found[i] = output(i, cells[i]);
      });
    }
    for (auto& worker : workers) worker.join();
    return found;
  }
  std::filesystem::path cell(std::size_t i) const { return folder_ / std::to_string(i) / "my_cell.h"; }

 private:
  SlipCompiler() {
    put(folder_ / "all.h",
        "#include <algorithm>\n#include <cmath>\n#include <string>\n#include <tuple>\n"
        "#include \"carousel/recurrent/readings.h\"\n");
    const auto headers = (folder_ / "all.h").string();
    const auto command =
        fmt::format("{} -x c++-header {} -o {}.gch > {}.txt 2>&1", compiler(), headers, headers, headers);
    if (std::system(command.c_str()) != 0)
      missing_ = "no compiler of cells at " CAROUSEL_TEST_COMPILER ": " + content_of(headers + ".txt");
  }
  static std::string compiler() {
    return CAROUSEL_TEST_COMPILER " -std=c++20 -w -I " CAROUSEL_SOURCE_DIR "/include";
  }

  std::string output(std::size_t i, const std::string& text) const {
    const auto own = folder_ / std::to_string(i);
    put(cell(i), text);
    put(own / "glue.cpp",
        fmt::format("#include \"{}\"\n"
                    "const carousel::Readings& readings() {{ return carousel::readings_of<MyCell>(); }}\n",
                    cell(i).string()));
    const auto command =
        fmt::format("{} -fsyntax-only -include {} {} > {} 2>&1", compiler(), (folder_ / "all.h").string(),
                    (own / "glue.cpp").string(), (own / "output").string());
    const int status = std::system(command.c_str());
    const auto printed = content_of(own / "output");
    return status == 0 || !printed.empty() ? printed : "the compiler failed without a word";
  }

  TemporaryFolder folder_;
  std::optional<std::string> missing_;
};

inline std::string cell_with(const Slip& slip) {
  std::string text = good_cell;
  const auto at = text.find(slip.from);
  EXPECT_NE(at, text.npos) << slip.from;
  return text.replace(at, slip.from.size(), slip.to);
}

/// How many errors an output has that say `sentence`; the lines of code that it shows do not count.
inline int errors_with(const std::string& output, const std::string& sentence) {
  std::istringstream lines(output);
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto error = line.find("error: ");
    found += error != line.npos && line.find(sentence, error) != line.npos;
  }
  return found;
}

inline std::string without_numbers(const std::string& said) {
  return std::regex_replace(said, std::regex(R"( \(\d+, \w+ \d+\)$)"), "");
}

/// Every slip gets its sentence, exactly; the sentence is printed once, and nothing is read of the cell after it.
inline void expect_sentences(const std::vector<Slip>& slips) {
  const auto& compiler = SlipCompiler::instance();
  if (compiler.missing()) GTEST_SKIP() << *compiler.missing();
  std::vector<std::string> cells;
  for (const auto& slip : slips) cells.push_back(cell_with(slip));
  const auto outputs = compiler.outputs(cells);
  for (std::size_t i = 0; i < slips.size(); ++i) {
    const auto& slip = slips[i];
    const auto message = compiler_message(outputs[i], compiler.cell(i));
    if (is_clang && slip.is_compilers_text) {
      EXPECT_TRUE(message.starts_with("my_cell.h:1")) << message;
      continue;
    }
    EXPECT_EQ(message, "my_cell.h" + (prints_numbers ? slip.said : without_numbers(slip.said))) << slip.to;
    if (slip.is_compilers_text) continue;
    EXPECT_EQ(errors_with(outputs[i], slip.said.substr(slip.said.find(": ") + 2, 25)), 1) << slip.said;
    // What else there is says that the cell was refused, and in a step that cannot be evaluated why.
    EXPECT_LE(errors_with(outputs[i], ""), 4) << outputs[i];
  }
}

}  // namespace carousel::testing
