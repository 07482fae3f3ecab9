// A damaged file of a run is refused in one sentence that names it, or it is there to be looked at only and stops
// no training: never a signal, never "please report this", never another result without a word.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/carousel/run_command.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

enum class Then {
  refused,      ///< whatever is done to it
  noticed,      ///< refused when its form is gone; a changed value may pass
  passed_over,  ///< training goes on
};

struct RunFile {
  std::string path;
  Then then;
};

/// A checkpoint knows all its files by their hashes.
const std::vector<RunFile> run_files{
    {"config.toml", Then::noticed},
    {"meta.json", Then::noticed},
    {"alphabet.json", Then::noticed},
    {"checkpoints/last/model.safetensors", Then::refused},
    {"checkpoints/last/optimiser.safetensors", Then::refused},
    {"checkpoints/last/trainer.safetensors", Then::refused},
    {"checkpoints/last/state.json", Then::refused},
    {"metrics.jsonl", Then::passed_over},
    {"metrics.csv", Then::passed_over},
    {"verdict.json", Then::passed_over},
    {"log.txt", Then::passed_over},
    {"flow/norms.jsonl", Then::passed_over},
    {"flow/spikes.jsonl", Then::passed_over},
};

struct Damage {
  std::string name;
  bool destroys_form;
  std::function<std::string(std::string)> of;
};

std::string flipped(std::string content, std::size_t at) {
  content[at] = static_cast<char>(content[at] ^ 4);
  return content;
}

const std::vector<Damage> damages{
    {"Empty", true, [](const std::string&) { return std::string(); }},
    {"Cut", true, [](const std::string& c) { return c.substr(0, c.size() / 2); }},
    {"Zeros", true, [](const std::string& c) { return std::string(c.size(), '\0'); }},
    {"Noise", true, [](const std::string&) { return std::string("\xff\xfe[1]\x80{}"); }},
    {"AList", true, [](const std::string&) { return std::string("[[1], {\"update\": \"x\"}]\n"); }},
    {"Deep", true, [](const std::string&) { return std::string(200'000, '['); }},
    {"Swapped", false,
     [](const std::string& c) { return c.substr(c.size() / 2) + c.substr(0, c.size() / 2); }},
    {"FlipEarly", false, [](const std::string& c) { return flipped(c, c.size() / 9); }},
    {"FlipInside", false, [](const std::string& c) { return flipped(c, c.size() / 2); }},
    {"FlipLate", false, [](const std::string& c) { return flipped(c, c.size() - 2); }},
};

struct Case {
  RunFile file;
  Damage damage;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.file.path << ' ' << c.damage.name;
}

class DamagedRun : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() {
    whole_ = std::make_unique<Scratch>();
    put(*whole_ / "text.txt", text());
    const Outcome outcome = whole_->run({"train",
                                         "charlm",
                                         "--text",
                                         "text.txt",
                                         "--hidden",
                                         "8",
                                         "--layers",
                                         "1",
                                         "--batch",
                                         "2",
                                         "--length",
                                         "10",
                                         "--train-for",
                                         "6u",
                                         "--validate-every",
                                         "3u",
                                         "--flow-every",
                                         "2u",
                                         "--tensorboard=false",
                                         "--quiet",
                                         "--name",
                                         "r"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    put(*whole_ / "runs/r/flow/spikes.jsonl", "{\"update\": 2, \"of\": \"loss\"}\n");
  }
  static void TearDownTestSuite() { whole_.reset(); }

  static std::string text() {
    std::string text;
    for (int i = 0; i < 400; ++i) text += "abcd\n"[i * i % 5];
    return text;
  }

  /// One sentence or none, and no guess that the program is at fault.
  static void expect_understood(const Outcome& outcome) {
    EXPECT_THAT(outcome.exit_code, testing::AnyOf(0, 2)) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("please report")));
    if (outcome.exit_code == 2) {
      EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
    }
  }

  static std::unique_ptr<Scratch> whole_;
};

std::unique_ptr<Scratch> DamagedRun::whole_;

TEST_P(DamagedRun, IsRefusedInOneSentenceOrGoesOn) {
  const auto& [file, damage] = GetParam();
  const Scratch scratch;
  fs::copy(whole_->path(), scratch.path(), fs::copy_options::recursive);
  const fs::path path = scratch / "runs/r" / file.path;
  ASSERT_TRUE(fs::exists(path));
  put(path, damage.of(content_of(path)));

  const bool is_reported = !file.path.starts_with("checkpoints/") && !file.path.ends_with("csv");
  if (is_reported) expect_understood(scratch.run({"report", "runs/r"}));
  const Outcome resumed =
      scratch.run({"train", "--resume", "runs/r", "--train-for", "8u", "--quiet", "--tensorboard=false"});
  expect_understood(resumed);
  if (file.then == Then::passed_over) {
    EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  } else if (file.then == Then::refused || damage.destroys_form) {
    EXPECT_EQ(resumed.exit_code, 2) << resumed.out;
    EXPECT_THAT(resumed.err, HasSubstr(file.path));
  }
  if (file.then != Then::passed_over)
    expect_understood(scratch.run({"sample", "runs/r", "--checkpoint", "last"}));
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const RunFile& file : run_files) {
    for (const Damage& damage : damages) cases.push_back({file, damage});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Files, DamagedRun, testing::ValuesIn(all_cases()), [](const auto& info) {
  std::string name = info.param.file.path + info.param.damage.name;
  std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  return name;
});

/// The lines that stand after a damaged one are those of the run.
TEST(DamagedLine, CostsNoOtherLineOfARunThatGoesOn) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const fs::path metrics = scratch / "runs/tiny/metrics.jsonl";
  std::string before = content_of(metrics);
  before[before.find('\n') + 3] = '\0';  // in the second line
  put(metrics, before + "{\"half a li");
  ASSERT_EQ(scratch.run({"train", "--resume", "runs/tiny", "--train-for", "7u", "--quiet"}).exit_code, 0);
  const std::string after = content_of(metrics);
  EXPECT_THAT(after, testing::StartsWith(before));
  EXPECT_THAT(after, Not(HasSubstr("half a li")));
  EXPECT_EQ(std::ranges::count(content_of(scratch / "runs/tiny/metrics.csv"), '\n'), 8)
      << "the heading and seven updates: a row outlives its line";
}

}  // namespace
}  // namespace carousel
