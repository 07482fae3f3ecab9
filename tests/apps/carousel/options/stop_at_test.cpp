// --stop-at was --target, a word that a task may have for a setting of its own.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

#include "apps/carousel/run_command.h"
#include "options/option_group.h"
#include "options/toml.h"
#include "runs/request.h"

namespace carousel::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The built-in tasks, and one that has a setting called target.
Registries with_columns() {
  Registries registries;
  registries.tasks.add(
      {.name = "columns",
       .summary = "a column of a table",
       .needs = "",
       .settings = {{.name = "target", .value = std::string("y"), .help = "the column to forecast"},
                    {.name = "batch", .value = std::int64_t{4}, .help = "sequences of a batch"}},
       .model = {},
       .training = {},
       .make = {}});
  return registries;
}

OptionValues asked(const Words& words, const Registries& registries) {
  return configured_request(parse_arguments(train_command(registries), words), registries).values;
}

std::string refusal(const Words& words, const Registries& registries) {
  return message_of<Error>([&] { asked(words, registries); });
}

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

class StopAt : public testing::TestWithParam<bool> {
 protected:
  Registries registries_ = GetParam() ? with_columns() : Registries{};
};

TEST_P(StopAt, IsMeantByTargetForATaskThatHasNoSuchSetting) {
  EXPECT_EQ(asked({"copy", "--target", "0.5"}, registries_).number("stop-at"), 0.5);
  EXPECT_EQ(asked({"copy", "--stop-at", "0.5"}, registries_).number("stop-at"), 0.5);
  EXPECT_FALSE(asked({"copy", "--target=none"}, registries_).is_set("stop-at"));
  EXPECT_THAT(refusal({"copy", "--target", "OT"}, registries_), HasSubstr("is 'OT', but must be a number"));
}

TEST_P(StopAt, IsMeantByTargetInAConfiguration) {
  const TemporaryFolder folder;
  const auto config = (folder / "old.toml").string();
  put(config, "task = \"copy\"\ntarget = 0.25\n");
  const auto values = asked({"--config", config}, registries_);
  EXPECT_EQ(values.number("stop-at"), 0.25);
  EXPECT_THAT(to_toml(values), testing::AllOf(HasSubstr("\nstop-at = 0.25\n"), Not(HasSubstr("target"))));
}

TEST_P(StopAt, IsMeantByTheVariableOfTarget) {
  const Variable old("CAROUSEL_TARGET", "0.125");
  EXPECT_EQ(asked({"copy"}, registries_).number("stop-at"), 0.125);
  const Variable now("CAROUSEL_STOP_AT", "0.25");
  EXPECT_EQ(asked({"copy"}, registries_).number("stop-at"), 0.25);
  EXPECT_EQ(asked({"copy", "--target", "0.5"}, registries_).number("stop-at"), 0.5);
}

TEST_P(StopAt, IsTheWordOfTheHelp) {
  const auto help = help_text(train_command(registries_), false);
  EXPECT_THAT(help, testing::AllOf(HasSubstr("--stop-at X"), Not(HasSubstr("--target"))));
}

TEST_P(StopAt, IsNotNamedTwiceForAWordThatIsAlmostTarget) {
  EXPECT_THAT(refusal({"copy", "--targ", "1"}, registries_), testing::EndsWith("did you mean '--target'?"));
}

INSTANTIATE_TEST_SUITE_P(AmongTasks, StopAt, testing::Bool(),
                         [](const auto& info) { return info.param ? "WithATarget" : "WithoutOne"; });

TEST(TaskWithATarget, KeepsItApartFromStopAt) {
  const auto registries = with_columns();
  const auto values = asked({"columns", "--target", "OT", "--stop-at", "0.5"}, registries);
  EXPECT_EQ(values.text("target"), "OT");
  EXPECT_EQ(values.number("stop-at"), 0.5);
  EXPECT_FALSE(asked({"columns", "--target", "0.5"}, registries).is_set("stop-at"));
  EXPECT_THAT(help_text({.name = "train", .summary = "", .positionals = {}, .options = values.all()}, false),
              testing::AllOf(HasSubstr("--stop-at X"), HasSubstr("--target VALUE")));
}

TEST(TaskWithATarget, IsGivenItByItsConfigurationAndItsVariable) {
  const auto registries = with_columns();
  const TemporaryFolder folder;
  const auto config = (folder / "run.toml").string();
  put(config, to_toml(asked({"columns", "--target", "OT", "--stop-at", "0.5"}, registries)));
  const auto values = asked({"--config", config}, registries);
  EXPECT_EQ(values.text("target"), "OT");
  EXPECT_EQ(values.number("stop-at"), 0.5);
  const Variable variable("CAROUSEL_TARGET", "HUFL");
  EXPECT_EQ(asked({"columns"}, registries).text("target"), "HUFL");
}

TEST(Aliases, AreFoundInTheEnvironmentAndGiveWayToNames) {
  OptionGroup g("Some");
  g.text("old", "", "VALUE", "another option");
  g.number("new", 1, {}, "once called old").alias = "old";
  g.number("rate", 1, {}, "also called pace").alias = "pace";
  const auto options = g.options();
  const Variable pace("CAROUSEL_PACE", "3"), old("CAROUSEL_OLD", "x");
  OptionValues values(options);
  values.apply(Layer::environment, environment_values(options));
  EXPECT_EQ(values.number("rate"), 3);
  EXPECT_EQ(values.number("pace"), 3);
  EXPECT_EQ(values.text("old"), "x");
  EXPECT_EQ(values.number("new"), 1);
  EXPECT_EQ(find_option(options, ""), nullptr);
}

TEST(Aliases, AreSetAsideForASettingOfAnotherTaskOnlyWhereNothingElseIsMeant) {
  OptionGroup g("Some");
  g.text("length", "", "VALUE", "of another task").foreign = true;
  g.text("target", "", "VALUE", "of another task").foreign = true;
  g.number("stop-at", 1, {}, "of all tasks").alias = "target";
  const auto options = g.options();
  EXPECT_EQ(find_option(options, "target")->name, "stop-at");
  EXPECT_EQ(find_option(options, "length")->name, "length");
}

TEST(ResumedRun, OfBeforeStopAtGoesOnAndKeepsItsTarget) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training({"--stop-at", "1e-9"})).exit_code, 0);
  const auto config = scratch / "runs/tiny/config.toml";
  auto text = content_of(config);
  const auto key = text.find("stop-at = 1e-09");
  ASSERT_NE(key, std::string::npos) << text;
  put(config, text.replace(key, 7, "target"));
  const Outcome same = scratch.run({"train", "--resume", "runs/tiny", "--train-for", "7u", "--json"});
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("\"reason\": \"finished\"")) << same.out;
  const Outcome reached =
      scratch.run({"train", "--resume", "runs/tiny", "--train-for", "9u", "--target", "1000", "--json"});
  EXPECT_THAT(reached.out, HasSubstr("\"reason\": \"target\"")) << reached.err;
}

}  // namespace
}  // namespace carousel::cli
