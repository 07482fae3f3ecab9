// carousel doctor: what it says of a sound run, and of one with something wrong.
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/carousel/train/run_files.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

class Doctor : public testing::Test {
 protected:
  Doctor() { EXPECT_EQ(scratch_.run(tiny_training({"--flow-every", "1u"})).exit_code, 0); }
  /// Every finding of the run as "what: health: text".
  std::string look(int exit_code) const {
    const Outcome outcome = scratch_.run({"doctor", "runs/tiny", "--json"});
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.out << outcome.err;
    const json result = json::parse(outcome.out);
    std::string found;
    for (const json& one : result["run"]) {
      found += one["what"].get<std::string>() + ": " + one["health"].get<std::string>() + ": " +
               one["text"].get<std::string>() + "\n";
    }
    return found;
  }
  fs::path operator/(const std::string& name) const { return scratch_ / ("runs/tiny/" + name); }

  Scratch scratch_;
};

TEST_F(Doctor, FindsASoundRunSoundAndWritesNothing) {
  const auto before = contents_under(scratch_ / "runs");
  EXPECT_THAT(look(0),
              AllOf(HasSubstr("metrics.jsonl: ok: up to update 5"), HasSubstr("last: ok: after update 5"),
                    HasSubstr("lock: ok: "), HasSubstr("resume: ok: it is at its end after update 5")));
  EXPECT_EQ(contents_under(scratch_ / "runs"), before);
  const Outcome alone = scratch_.run({"doctor"});
  EXPECT_EQ(alone.exit_code, 0) << alone.out;
  EXPECT_THAT(alone.out, AllOf(HasSubstr("LibTorch"), HasSubstr("GB free"), HasSubstr("cores")));
}

TEST_F(Doctor, NamesWhatIsWrongWithTheRecord) {
  std::string text = content_of(*this / "metrics.jsonl");
  text[0] = '#';
  put(*this / "metrics.jsonl", text);
  EXPECT_THAT(look(2), HasSubstr("metrics.jsonl' is damaged in line 1: delete or restore it"));
  text[0] = '{';
  put(*this / "metrics.jsonl", text.substr(0, text.find('\n') + 1));
  EXPECT_THAT(look(2), HasSubstr("ends at update 1, but the checkpoint is of update 5"));
}

TEST_F(Doctor, NamesADamagedCheckpointAndAnUnreadableConfiguration) {
  put(*this / "checkpoints/best/model.safetensors", "damaged");
  put(*this / "config.toml", "hidden = ");
  EXPECT_THAT(look(2),
              AllOf(HasSubstr("best: wrong: "), HasSubstr("model.safetensors"),
                    HasSubstr("config.toml: wrong: "), HasSubstr("resume: note: it would be refused")));
}

TEST_F(Doctor, TellsWhatAKilledProcessLeft) {
  forget_result(scratch_ / "runs/tiny");
  put(*this / "metrics.jsonl",
      content_of(*this / "metrics.jsonl") + "{\"kind\":\"update\",\"update\":6}\n{\"kind\":\"upd");
  put(*this / "lock", "");
  fs::create_directories(*this / "checkpoints/last.new");
  EXPECT_THAT(look(0),
              AllOf(HasSubstr("a resume drops what comes after update 5"), HasSubstr("cut short by a kill"),
                    HasSubstr("lock: note: left by"), HasSubstr("half files: note: last.new"),
                    HasSubstr("resume: ok: it goes on after update 5")));
}

TEST_F(Doctor, TellsWhoWritesIntoARun) {
  const Scratch other;
  const pid_t child = start_endless(other);
  const Outcome outcome = scratch_.run({"doctor", (other / "runs/tiny").string()});
  EXPECT_THAT(outcome.out, HasSubstr("process " + std::to_string(child) + " since "));
  ::kill(child, SIGTERM);
  other.wait_for(child);
}

TEST_F(Doctor, RefusesWhatIsNoRun) {
  const Outcome outcome = scratch_.run({"doctor", "runs/tny"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("runs/tiny"));
}

}  // namespace
}  // namespace carousel
