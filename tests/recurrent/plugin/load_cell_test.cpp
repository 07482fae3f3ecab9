// A cell's file on its way into the program.
#include "carousel/recurrent/load_cell.h"

#include <algorithm>
#include <fstream>

#include <gmock/gmock.h>

#include "carousel/io/file.h"
#include "carousel/recurrent/cell_registry.h"

#include "recurrent/plugin/cell_build.h"
#include "recurrent/plugin/cell_text.h"
#include "support/error_of.h"

namespace carousel::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* janet = R"(// JANET (van der Westhuizen & Lasenby 2018)
#include <carousel/cells/cell.h>

struct JanetCell {
  static constexpr const char* name = "janet";
  static constexpr std::array gates{"forget", "new"};
  static constexpr std::array states{"h"};
  static constexpr const char* keep_gate = "forget";

  template <class V>
  static constexpr auto step(const carousel::Gates<V, 2>& pre, const carousel::States<V, 1>& previous) {
    const V f = sigmoid(pre[0]), n = tanh(pre[1]);
    return carousel::Stepped{carousel::States<V, 1>{f * previous[0] + (1 - sigmoid(pre[0] - 1)) * n},
                             carousel::Gates<V, 2>{f, n}};
  }
};
)";

/// One that takes half the time to compile.
std::string small_cell(const std::string& name) {
  return "#include <carousel/cells/cell.h>\nstruct Small { static constexpr const char* name = \"" + name +
         R"("; static constexpr std::array gates{"new"}, states{"h"};
  template <class V> static constexpr auto step(const carousel::Gates<V, 1>& pre, const carousel::States<V, 1>&) {
    return carousel::Stepped{carousel::States<V, 1>{relu(pre[0])}, carousel::Gates<V, 1>{pre[0]}};
  }
};
)";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

class LoadedCells : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "carousel-cells-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    compiler_.keep = folder_ / "kept";
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::vector<fs::path> kept() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(compiler_.keep)) files.push_back(entry.path());
    return files;
  }
  LoadedCell load(const fs::path& file) const { return load_cell(file, compiler_); }
  std::string sentence(const fs::path& file) const {
    return error_of([&] { load(file); });
  }

  fs::path folder_;
  CellCompiler compiler_;
};

TEST_F(LoadedCells, HaveTheFactsAndTheStepOfTheFile) {
  const auto loaded = load(write("janet.h", janet));
  EXPECT_EQ(loaded.cell.facts.name, "janet");
  EXPECT_THAT(std::vector<std::string>(loaded.cell.facts.gates.begin(), loaded.cell.facts.gates.end()),
              ElementsAre("forget", "new"));
  EXPECT_EQ(loaded.cell.facts.keep_gate, 0);
  EXPECT_EQ(loaded.cell.facts.activations[1], Activation::tanh);
  EXPECT_EQ(loaded.cell.kernels().step.size(), 12u);
  EXPECT_EQ(loaded.source, janet);
  EXPECT_EQ(loaded.file, "janet.h");
}

TEST_F(LoadedCells, AreCompiledOnceAndLeaveNothingElseBehind) {
  const auto file = write("small.h", small_cell("small-1"));
  load(file);
  ASSERT_EQ(kept().size(), 1u);
  const auto made = fs::last_write_time(kept().front());
  load(file);
  EXPECT_EQ(kept().size(), 1u);
  EXPECT_EQ(fs::last_write_time(kept().front()), made);
}

TEST_F(LoadedCells, AreCompiledAgainWhereWhatWasKeptIsDamaged) {
  const auto file = write("janet.h", small_cell("small-2"));
  compiler_.keep = folder_ / "first";
  load(file);
  const auto name = kept().front().filename();
  compiler_.keep = folder_ / "kept";  // another place: what is loaded once stays
  fs::create_directories(compiler_.keep);
  write_file_atomically(compiler_.keep / name, "half of a shared object");
  EXPECT_EQ(load(file).cell.facts.name, "small-2");
  EXPECT_GT(fs::file_size(compiler_.keep / name), 1000u);
}

TEST_F(LoadedCells, AreCalledByTheNameThatTheFileHasWhereverItsStructStands) {
  EXPECT_EQ(find_cell("namespace a { namespace b { struct X : Y { int step; }; } }", "f"), "a::b::X");
  EXPECT_EQ(find_cell("namespace a::b { class X {}; }", "f"), "a::b::X");
  EXPECT_EQ(
      find_cell("struct Helper { int n = 1'000; }; /* struct No { step } */ struct X { int step; };", "f"),
      "X");
  EXPECT_EQ(find_cell("// struct No { step }\nconst char* s = \"struct N {step}\"; struct X { struct In { "
                      "int step; }; };",
                      "f"),
            "X");
  EXPECT_EQ(
      find_cell(
          "#define M struct M { step }\n template <class T> struct T1 { int step; }; struct X { int step; };",
          "f"),
      "X");
  EXPECT_EQ(
      find_cell("inline int f() { struct L { int step; }; return 0; } struct X final { int step; };", "f"),
      "X");
}

TEST_F(LoadedCells, AreNotWhatIsNoCell) {
  EXPECT_THAT(sentence(write("empty.h", "")), HasSubstr("'empty.h' has no cell: it must define one struct"));
  EXPECT_THAT(sentence(write("two.h", std::string(janet) + replaced(janet, "JanetCell", "Other"))),
              HasSubstr("'two.h' defines 2 structs with a step (JanetCell, Other): a file holds one cell"));
  EXPECT_THAT(sentence(folder_), HasSubstr("Is a directory"));
  EXPECT_THAT(sentence(folder_ / "none.h"), HasSubstr("No such file"));
  EXPECT_THAT(sentence(write("large.h", std::string(2 << 20, ' '))),
              HasSubstr("has 2097152 bytes: it is no cell"));
  EXPECT_THAT(sentence(write("name.h", small_cell("a b"))),
              HasSubstr("'name.h' names its cell 'a b': a name has letters, digits, '-' and '_'"));
}

TEST_F(LoadedCells, AreOneFile) {
  write("mine.h", "#pragma once\n");
  EXPECT_EQ(
      sentence(write("janet.h", std::string("#pragma once\n  #  include \"mine.h\"\n") + janet)),
      "janet.h:2: it includes \"mine.h\", but a cell is one file: put what it needs of it into 'janet.h'");
}

TEST_F(LoadedCells, NeedACompilerThatRuns) {
  compiler_.program = folder_ / "no-compiler";
  EXPECT_EQ(sentence(write("janet.h", janet)), "'janet.h' needs a C++ compiler, and '" +
                                                   compiler_.program.string() +
                                                   "' cannot be run: set CXX to one that can");
}

TEST_F(LoadedCells, AreRefusedWhenTheyWereCompiledForAnotherVersion) {
  compiler_.include = folder_ / "include";
  fs::copy(build_include, compiler_.include, fs::copy_options::recursive);
  fs::copy(fs::path(build_generated) / "carousel/version.h", compiler_.include / "carousel/version.h");
  const fs::path header = compiler_.include / "carousel/recurrent/cell_plugin.h";
  write_file_atomically(header, replaced(read_file(header), "layout = 1", "layout = 99"));
  EXPECT_THAT(sentence(write("janet.h", small_cell("small-3"))),
              HasSubstr("it was compiled for another version of Carousel"));
}

}  // namespace
}  // namespace carousel::testing
