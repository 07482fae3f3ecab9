#include "carousel/io/run_folder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

#include "io/process_mark.h"
#include "io/system_limits.h"
#include "io/temporary_folder.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(RunFolder, HasThePlacesUsersAreTold) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create({.root = folder / "runs", .name = "x"});
  EXPECT_EQ(run.name(), "x");
  EXPECT_EQ(run.path(), folder / "runs/x");
  EXPECT_EQ(run.config(), folder / "runs/x/config.toml");
  EXPECT_EQ(run.meta(), folder / "runs/x/meta.json");
  EXPECT_EQ(run.log(), folder / "runs/x/log.txt");
  EXPECT_EQ(run.metrics(), folder / "runs/x/metrics.jsonl");
  EXPECT_EQ(run.report(), folder / "runs/x/report.html");
  for (const auto& [place, name] :
       {std::pair{run.flow(), "flow"}, {run.tensorboard(), "tb"}, {run.checkpoints(), "checkpoints"}}) {
    EXPECT_EQ(place, run.path() / name);
    EXPECT_TRUE(fs::is_directory(place)) << place;
  }
}

TEST(RunFolder, IsNumberedAfterTheHighestOfItsStem) {
  const TemporaryFolder folder;
  const auto next = [&] { return RunFolder::create({.root = folder.path(), .stem = "adding-lstm"}).name(); };
  EXPECT_EQ(next(), "adding-lstm-001");
  EXPECT_EQ(next(), "adding-lstm-002");
  for (const char* other :
       {"adding-lstm-041", "adding-lstm-x", "adding-lstm-99x", "adding-lstm-", "adding-gru-777"}) {
    fs::create_directory(folder / other);
  }
  EXPECT_EQ(next(), "adding-lstm-042");
  fs::create_directory(folder / "adding-lstm-999");
  EXPECT_EQ(next(), "adding-lstm-1000");
}

TEST(RunFolder, GivesEveryProcessThatAsksAtOnceANumberOfItsOwn) {
  const TemporaryFolder folder;
  std::vector<std::string> names(8);
  std::vector<std::thread> threads;
  for (std::string& name : names) {
    threads.emplace_back([&] { name = RunFolder::create({.root = folder.path()}).name(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST(RunFolder, IsNotOverwrittenUnlessToldTo) {
  const TemporaryFolder folder;
  const RunFolder run = RunFolder::create({.root = folder.path(), .name = "x"});
  put(run.metrics(), "precious");
  EXPECT_THAT(message_of<Error>([&] { RunFolder::create({.root = folder.path(), .name = "x"}); }),
              AllOf(HasSubstr(run.path().string()), HasSubstr("--name"), HasSubstr("--overwrite"),
                    HasSubstr("--resume")));
  EXPECT_EQ(content_of(run.metrics()), "precious");
}

TEST(RunFolder, IsReplacedWholeWhenToldTo) {
  const TemporaryFolder folder;
  put(RunFolder::create({.root = folder.path(), .name = "x"}).log(), "old");
  const RunFolder run = RunFolder::create({.root = folder.path(), .name = "x", .overwrite = true});
  EXPECT_THAT(names_in(run.path()), ElementsAre("checkpoints", "flow", "meta.json", "tb"));
  EXPECT_THAT(names_in(folder.path()), ElementsAre("x"));
}

TEST(RunFolder, AppearsWithItsFilesOrNotAtAll) {
  const TemporaryFolder folder;
  const NewRun asked{
      .root = folder.path(), .name = "x", .files = {{"config.toml", "a = 1\n"}, {"meta.json", "7"}}};
  const RunFolder run = RunFolder::create(asked);
  EXPECT_EQ(content_of(run.config()), "a = 1\n");
  EXPECT_EQ(content_of(run.meta()), "7");
}

TEST(RunFolder, ThatHoldsNothingIsUsedAgain) {
  const TemporaryFolder folder;
  const NewRun asked{.root = folder.path(), .name = "x", .files = {{"config.toml", "old"}}};
  RunFolder::create(asked);
  put(folder / "x/metrics.jsonl", "");
  put(folder / "x/log.txt", "what was said before the first update");
  put(folder / "x/tb/events.out.tfevents.1", "a beginning");
  const RunFolder run = RunFolder::create({.root = folder.path(), .name = "x"});
  EXPECT_THAT(names_in(run.path()), ElementsAre("checkpoints", "flow", "meta.json", "tb"));
  for (const char* kept : {"metrics.jsonl", "notes.txt", "checkpoints/last/state.json"}) {
    put(run.path() / kept, "something");
    EXPECT_THROW(RunFolder::create({.root = folder.path(), .name = "x"}), Error) << kept;
    fs::remove(run.path() / kept);
  }
  fs::remove_all(run.path());
  fs::create_directory(run.path());  // empty, and no run
  RunFolder::create({.root = folder.path(), .name = "x"});
}

TEST(RunFolder, ThatIsWrittenByAnotherIsNotReplaced) {
  const TemporaryFolder folder;
  const LockedRun writer = RunFolder::create_locked({.root = folder.path(), .name = "x"});
  for (const bool overwrite : {true, false}) {
    EXPECT_THAT(message_of<Error>(
                    [&] { RunFolder::create({.root = folder.path(), .name = "x", .overwrite = overwrite}); }),
                HasSubstr("is being written by process"));
  }
  EXPECT_THAT(names_in(folder.path()), ElementsAre("x"));
  EXPECT_THAT(names_in(writer.folder.path()), ElementsAre("checkpoints", "flow", "lock", "meta.json", "tb"));
}

TEST(RunFolder, IsReplacedByOneOfManyThatOverwriteItAtOnce) {
  const TemporaryFolder folder;
  RunFolder::create({.root = folder.path(), .name = "x"});
  std::vector<std::optional<LockedRun>> made(8);
  std::vector<std::thread> threads;
  for (auto& one : made) {
    threads.emplace_back([&] {
      try {
        one = RunFolder::create_locked({.root = folder.path(), .name = "x", .overwrite = true});
      } catch (const Error&) {  // another was faster
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::ranges::count_if(made, [](const auto& one) { return one.has_value(); }), 1);
  EXPECT_THAT(names_in(folder.path()), ElementsAre("x"));
}

TEST(RunFolder, RemovesWhatAKilledProcessBeganBesideIt) {
  const TemporaryFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    fs::create_directories(folder / temporary_name(".new") / "flow");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(names_in(folder.path()).size(), 1u);
  RunFolder::create({.root = folder.path(), .name = "x"});
  EXPECT_THAT(names_in(folder.path()), ElementsAre("x"));
}

TEST(RunFolder, OverwritesNothingThatIsNotARun) {
  const TemporaryFolder folder;
  put(folder / "thesis/chapter1.tex", "years of work");
  put(folder / "notes", "a file");
  for (const char* name : {"thesis", "notes"}) {
    EXPECT_THAT(message_of<Error>(
                    [&] { RunFolder::create({.root = folder.path(), .name = name, .overwrite = true}); }),
                AllOf(HasSubstr(name), HasSubstr("not a run folder"), HasSubstr("--name")));
  }
  EXPECT_EQ(content_of(folder / "thesis/chapter1.tex"), "years of work");
  EXPECT_EQ(content_of(folder / "notes"), "a file");
}

TEST(RunFolder, RefusesNamesThatLeadElsewhere) {
  const TemporaryFolder folder;
  for (const char* name : {"..", ".", "a/b", "/etc", ".hidden", "a\nb"}) {
    EXPECT_THAT(message_of<Error>(
                    [&] { RunFolder::create({.root = folder.path(), .name = name, .overwrite = true}); }),
                HasSubstr("--name"))
        << name;
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(RunFolder, CannotBeMadeBelowAFile) {
  const TemporaryFolder folder;
  put(folder / "runs", "a file");
  EXPECT_THAT(message_of<Error>([&] { RunFolder::create({.root = folder / "runs/deep", .name = "x"}); }),
              HasSubstr("choose another path"));
}

TEST(RunFolder, InAClosedFolderIsTheSystemsRefusal) {
  const TemporaryFolder folder;
  const ReadOnlyFolder closed(folder.path());
  if (!closed.works()) GTEST_SKIP() << "root may not become somebody else here";
  for (const char* name : {"x", ""}) {
    EXPECT_THAT(message_of<SystemError>([&] { RunFolder::create({.root = folder.path(), .name = name}); }),
                HasSubstr("permissions"));
  }
}

TEST(RunFolder, ThatCannotBeFurnishedIsTakenAwayAgain) {
  const TemporaryFolder folder;
  {
    const FileSizeLimit limit(1);
    EXPECT_THROW(RunFolder::create({.root = folder.path(), .name = "x"}), SystemError);
  }
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(RunFolder, OpensWithAndWithoutATrailingSlash) {
  const TemporaryFolder folder;
  const RunFolder made = RunFolder::create({.root = folder.path(), .name = "x"});
  for (const char* path : {"x", "x/", "./x", "x/flow/.."})
    EXPECT_EQ(RunFolder::open(folder / path).name(), "x") << path;
}

TEST(RunFolder, ThatIsMissingNamesTheNearest) {
  const TemporaryFolder folder;
  RunFolder::create({.root = folder.path(), .name = "adding-lstm-001"});
  EXPECT_THAT(message_of<Error>([&] { RunFolder::open(folder / "ading-lstm-001"); }),
              AllOf(HasSubstr("no run folder"), HasSubstr((folder / "adding-lstm-001").string())));
}

TEST(RunFolder, IsNotOpenedWhereThereIsNoMetaJson) {
  const TemporaryFolder folder;
  put(folder / "photos/a.jpg", "x");
  EXPECT_THAT(message_of<Error>([&] { RunFolder::open(folder / "photos"); }), HasSubstr("meta.json"));
  EXPECT_THAT(message_of<Error>([&] { RunFolder::open(folder / "photos/a.jpg"); }),
              HasSubstr("not a run folder"));
}

}  // namespace
}  // namespace carousel
