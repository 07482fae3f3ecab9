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

TEST_F(Doctor, SaysInTheSetUpWhatTheEnvironmentChangesAndRefusesWhatItCannotBe) {
  const auto set_up = [&](const char* name, const char* value) {
    return scratch_.run({"doctor"}, {.environment = {{name, value}}});
  };
  EXPECT_THAT(set_up("OMP_NUM_THREADS", "1").out, HasSubstr("OMP_NUM_THREADS is 1"));
  EXPECT_THAT(set_up("LC_ALL", "C").out, HasSubstr("  note  locale"));
  EXPECT_THAT(set_up("LC_ALL", "C.UTF-8").out, HasSubstr("  ok    locale"));
  const Outcome wrong = set_up("CAROUSEL_SIMD", "mmx");
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.out, AllOf(HasSubstr("  WRONG vectors"), HasSubstr("mmx")));
  const Outcome json_too = scratch_.run({"doctor", "--json"}, {.environment = {{"CAROUSEL_SIMD", "mmx"}}});
  EXPECT_EQ(json::parse(json_too.out)["sound"], false);
}

TEST_F(Doctor, NamesAFolderThatMayNotBeWrittenTo) {
  fs::permissions(scratch_.path(), fs::perms{0555});
  for (const char* name : {"stdout", "stderr"}) fs::permissions(scratch_ / name, fs::perms{0666});
  const Outcome outcome = scratch_.run({"doctor", "--json"}, {.unprivileged = true});
  EXPECT_EQ(outcome.exit_code, 2) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("may not be written to"));
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

TEST_F(Doctor, NamesDamageInEveryOtherFileOfARun) {
  put(*this / "meta.json", "{");
  put(*this / "flow/norms.jsonl", "#\n#\n");
  put(*this / "flow/spikes.jsonl", "#\n");
  const auto events = *this / "tb" / *names_in(*this / "tb").begin();
  std::string content = content_of(events);
  content[12] ^= 1;  // of the first record's data
  put(events, content);
  EXPECT_THAT(
      look(2),
      AllOf(HasSubstr("meta.json: wrong: "), HasSubstr("norms.jsonl' is damaged in line 1 and 1 others"),
            HasSubstr("spikes.jsonl' is damaged in line 1:"), HasSubstr("tb: wrong: 'runs/tiny/tb/")));
  fs::remove(*this / "metrics.jsonl");
  EXPECT_THAT(look(2), HasSubstr("metrics.jsonl: wrong: "));
}

TEST_F(Doctor, NamesTheDataThatAResumeWouldNotFind) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "one two three\n";
  put(scratch_ / "a.txt", text);
  const Outcome trained = scratch_.run({"train", "charlm", "--text", "a.txt", "--train-for", "1u", "--hidden",
                                        "4", "--length", "10", "--batch", "2", "--name", "text"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  fs::remove(scratch_ / "a.txt");
  const Outcome outcome = scratch_.run({"doctor", "runs/text"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("  WRONG data"), HasSubstr("a.txt")));
}

TEST_F(Doctor, NamesAProcessOfAnotherMachineThatHoldsTheRun) {
  put(*this / "lock", R"({"host": "far-away", "pid": 7, "start": "1", "since": "yesterday"})");
  EXPECT_THAT(look(2),
              AllOf(HasSubstr("lock: wrong: held by process 7 of the machine 'far-away' since yesterday"),
                    HasSubstr("delete 'runs/tiny/lock'")));
}

TEST_F(Doctor, TellsWhereAResumeWouldStart) {
  auto meta = meta_of(scratch_ / "runs/tiny");
  for (const char* reason : {"target", "early-stop", "stopped"}) {
    meta["result"]["reason"] = reason;
    put(*this / "meta.json", meta.dump());
    EXPECT_THAT(look(0),
                HasSubstr(std::string(reason) == "stopped" ? "it goes on after" : "it is at its end after"));
  }
  fs::remove_all(*this / "checkpoints");
  fs::create_directory(*this / "checkpoints");
  EXPECT_THAT(look(0), HasSubstr("resume: ok: it starts from its beginning"));
  meta["imported"] = "model.pt";
  put(*this / "meta.json", meta.dump());
  EXPECT_THAT(look(2), HasSubstr("resume: wrong: it holds no weights"));
}

TEST_F(Doctor, TellsWhatAKilledProcessLeft) {
  forget_result(scratch_ / "runs/tiny");
  put(*this / "metrics.jsonl",
      content_of(*this / "metrics.jsonl") + "{\"kind\":\"update\",\"update\":6}\n{\"kind\":\"upd");
  put(*this / "lock", "");
  fs::create_directories(*this / "checkpoints/last.new");
  put(*this / ".carousel-1-2-3.tmp", "half");
  EXPECT_THAT(look(0),
              AllOf(HasSubstr("a resume drops what comes after update 5"), HasSubstr("cut short by a kill"),
                    HasSubstr("lock: note: left by"), HasSubstr("half files: note: "), HasSubstr("last.new"),
                    HasSubstr(".carousel-1-2-3.tmp"), HasSubstr("resume: ok: it goes on after update 5")));
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
