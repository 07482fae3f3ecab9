// carousel compare without Python: differences, tolerances, verdicts, the child process, and what is refused.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/torch_build.h"
#include "carousel/version.h"

#include "apps/carousel/run_command.h"
#include "compare/combinations.h"
#include "compare/details.h"
#include "compare/python.h"
#include "compare/tables.h"
#include "compare/verdict.h"
#include "system/child_process.h"
#include "system/python.h"

namespace carousel {
namespace {

using namespace cli;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

using Numbers = std::vector<double>;

TEST(CompareDifference, OfTensorsIsRelativeToTheReferencesLargest) {
  const Numbers ours{1.0, 2.0, -4.5}, reference{1.0, 2.5, -4.0};
  const Difference d = difference(ours, reference, Scale::largest);
  EXPECT_EQ(d.count, 3u);
  EXPECT_DOUBLE_EQ(d.absolute, 0.5);
  EXPECT_DOUBLE_EQ(d.relative, 0.125);
  EXPECT_EQ(d.worst, 1u);
  EXPECT_FALSE(d.nothing);
}

TEST(CompareDifference, OfCurvesIsRelativeToEveryValue) {
  const Difference d = difference(Numbers{1.0, 1.1e-20}, Numbers{1.0, 1.0e-20}, Scale::each);
  EXPECT_NEAR(d.relative, 0.1, 1e-12);
  EXPECT_EQ(d.worst, 1u);
  EXPECT_EQ(d.each.size(), 2u);
}

TEST(CompareDifference, OfAStateIsRelativeToTheSizesGiven) {
  const Numbers sizes{1.0, 2.0};
  EXPECT_DOUBLE_EQ(difference(Numbers{1e-9, 0.5}, Numbers{2e-9, 0.25}, Scale::given, sizes).relative, 0.125);
}

TEST(CompareDifference, OfWeightsIsThatOfAllTogether) {
  EXPECT_DOUBLE_EQ(difference(Numbers{3.0, 4.5}, Numbers{3.0, 4.0}, Scale::norm).relative, 0.1);
}

TEST(CompareDifference, SeesWhatIsNotFiniteMissingOrZeroOnBothSides) {
  EXPECT_TRUE(std::isinf(difference(Numbers{1.0, NAN}, Numbers{1.0, 1.0}, Scale::largest).relative));
  EXPECT_TRUE(std::isinf(difference(Numbers{INFINITY}, Numbers{1.0}, Scale::each).relative));
  EXPECT_TRUE(std::isinf(difference(Numbers{1.0}, Numbers{0.0}, Scale::each).relative));
  for (const Scale scale : {Scale::each, Scale::largest, Scale::norm})
    EXPECT_TRUE(std::isinf(difference(Numbers{1.0, 1.0}, Numbers{1.0, INFINITY}, scale).relative));
  EXPECT_TRUE(difference(Numbers{1.0}, Numbers{}, Scale::largest).sizes_differ);
  EXPECT_TRUE(difference(Numbers{0.0, 0.0}, Numbers{0.0, 0.0}, Scale::largest).nothing);
  EXPECT_FALSE(make_check({Quantity::outputs, "o", Numbers{1.0}, Numbers{}}, false).ok());
  EXPECT_FALSE(make_check({Quantity::losses, "o", Numbers{1.0, NAN}, Numbers{1.0, NAN}}, false).ok());
}

TEST(CompareTolerance, IsTighterInDoubleAndExactForWhatTheSeedDraws) {
  for (const Quantity q :
       {Quantity::outputs, Quantity::gradients, Quantity::step_norms, Quantity::losses, Quantity::weights})
    EXPECT_LT(tolerance(q, true), 1e-4 * tolerance(q, false)) << quantity_name(q);
  EXPECT_EQ(tolerance(Quantity::losses, false), 1e-4);
  EXPECT_EQ(tolerance(Quantity::losses, true), 1e-9);
  EXPECT_FALSE(make_check({Quantity::start, "w", Numbers{1.0 + 1e-15}, Numbers{1.0}}, true).ok());
  EXPECT_TRUE(make_check({Quantity::start, "w", Numbers{1.0}, Numbers{1.0}}, false).ok());
}

/// The check of a figure whose reference in double is `exact`.
Check judged(const Figure& figure, const Numbers& exact) {
  std::vector<Check> checks{make_check(figure, false)};
  judge_by_exact(checks, {figure}, {{figure.quantity, figure.name, figure.ours, exact}});
  return checks.front();
}

TEST(CompareAgreement, IsRoundingOnlyWhereTheReferenceInFloatIsTheOneThatStrays) {
  const Numbers right{1.0}, wrong{1.0 + 3e-5}, elsewhere{1.0 + 8e-5};
  EXPECT_EQ(judged({Quantity::gradients, "w", right, right}, right).agreement(), Agreement::equal);
  EXPECT_EQ(judged({Quantity::gradients, "w", right, wrong}, right).agreement(), Agreement::rounding);
  EXPECT_EQ(judged({Quantity::gradients, "w", wrong, right}, right).agreement(), Agreement::mismatch);
  EXPECT_EQ(judged({Quantity::gradients, "w", elsewhere, wrong}, right).agreement(), Agreement::mismatch);
  EXPECT_EQ(judged({Quantity::weights, "w", {1.0}, {1.0 + 3e-3}}, right).agreement(), Agreement::rounding);
  EXPECT_EQ(judged({Quantity::weights, "w", {1.0 + 3e-3}, {1.0}}, right).agreement(), Agreement::mismatch);
}

TEST(CompareAgreement, OfATrainingIsRoundingFromWhereTheReferenceStrays) {
  const Numbers exact{1.0, 1.0, 1.0}, strays{1.0, 1.02, 1.0};
  const Check early = judged({Quantity::losses, "sgd", {1.01, 1.0, 1.0}, strays}, exact);
  EXPECT_EQ(early.agreement(), Agreement::mismatch);
  EXPECT_EQ(early.first_beyond(), 0u);
  EXPECT_EQ(judged({Quantity::losses, "sgd", {1.0, 1.0, 1.01}, strays}, exact).agreement(),
            Agreement::rounding);
}

TEST(CompareAgreement, InDoubleExplainsFloatOnlyWhereTheReferenceIsLostToo) {
  const Numbers exact{1.0, 1.0, 1.0};
  const auto in_double = [&](const Numbers& ours, const Numbers& reference) {
    Check check = judged({Quantity::losses, "sgd", ours, reference}, exact);
    EXPECT_EQ(check.agreement(), Agreement::mismatch);
    check.agrees_in_double = true;
    return check.agreement();
  };
  EXPECT_EQ(in_double({1.0, 1.0, 1.5}, {1.0, 1.0, 1.02}), Agreement::rounding);
  EXPECT_EQ(in_double({1.0, 1.5, 1.5}, {1.0, 1.00002, 1.02}), Agreement::rounding);  // on its way there
  EXPECT_EQ(in_double({1.0, 1.5, 1.5}, {1.0, 1.000001, 1.02}), Agreement::mismatch);
  EXPECT_EQ(in_double({1.0, 1.0, 1.5}, {1.0, 1.0, 1.00002}), Agreement::mismatch);
  EXPECT_EQ(in_double({1.0, 1.0, NAN}, {1.0, 1.0, 1.02}), Agreement::mismatch);
}

TEST(CompareAgreement, IsNoneForWhatIsNotFinite) {
  EXPECT_EQ(judged({Quantity::losses, "sgd", {NAN}, {NAN}}, {1.0}).agreement(), Agreement::mismatch);
  EXPECT_EQ(judged({Quantity::losses, "sgd", {INFINITY}, {NAN}}, {NAN}).agreement(), Agreement::mismatch);
}

TEST(CompareAgreement, OfSeveralChecksIsTheWorstAndIsTheOneShown) {
  const Check rounding = judged({Quantity::gradients, "far", {1.0}, {1.5}}, {1.0});
  const Check mismatch = make_check({Quantity::gradients, "near", {1.0}, {1.1}}, false);
  EXPECT_EQ(agreement_of({rounding, mismatch}), Agreement::mismatch);
  EXPECT_EQ(agreement_of({rounding}), Agreement::rounding);
  EXPECT_EQ(worst_of({rounding, mismatch})->name, "near");
}

Comparison small_comparison() {
  Comparison c;
  c.cell = "lstm", c.task = "adding", c.updates = 3;
  c.checks.push_back(make_check({Quantity::outputs, "output", Numbers{1.0}, Numbers{1.0 + 2e-6}}, false));
  c.checks.push_back(make_check({Quantity::gradients, "head.bias", Numbers{0.0}, Numbers{0.0}}, false));
  return c;
}

TEST(CompareVerdict, NamesTheFirstUpdateThatDiffers) {
  Comparison c = small_comparison();
  Trajectory t;
  t.how.optimiser = "sgd", t.how.schedule = "step";
  t.losses = {{1.0, 0.5, 0.3}, {1.0, 0.4, 0.1}};
  t.checks.push_back(make_check({Quantity::losses, "sgd step", t.losses.ours, t.losses.reference}, false));
  c.trajectories.push_back(t);
  EXPECT_FALSE(c.ok());
  const CompareVerdict verdict = judge({c});
  EXPECT_FALSE(verdict.equal);
  EXPECT_THAT(verdict.sentence,
              AllOf(HasSubstr("MISMATCH: adding with lstm in float"), HasSubstr("sgd step"),
                    HasSubstr("first at update 2"), HasSubstr("2.0e+00 relative"), HasSubstr("try")));
}

TEST(CompareVerdict, OfEqualSidesNamesWhatIsNearestToItsTolerance) {
  const CompareVerdict verdict = judge({small_comparison()});
  EXPECT_TRUE(verdict.equal);
  EXPECT_THAT(verdict.sentence,
              AllOf(HasSubstr("2 figures of 2 numbers"), HasSubstr("outputs, output of lstm: 2.0e-06")));
}

TEST(CompareVerdict, CountsWhatOnlyRoundingExplains) {
  Comparison c = small_comparison();
  c.checks.push_back(judged({Quantity::gradients, "w", {1.0}, {1.0 + 3e-5}}, {1.0}));
  const CompareVerdict verdict = judge({c});
  EXPECT_TRUE(verdict.equal);
  EXPECT_THAT(verdict.sentence, AllOf(HasSubstr("3 figures"), HasSubstr("1 of them beyond a tolerance"),
                                      HasSubstr("outputs, output of lstm: 2.0e-06")));
  EXPECT_EQ(first_batch_table(c).back().back(), "rounding");
}

TEST(CompareVerdict, OfNothingIsNotEqual) {
  EXPECT_FALSE(judge({}).equal);
  EXPECT_FALSE(judge({Comparison{}}).equal);
}

TEST(CompareTables, ShowAComparisonOfNothing) {
  EXPECT_EQ(first_batch_table(small_comparison()).back().back(), "all zero");
}

TEST(CompareDetails, ShowBothSidesNumbersNextToEachOther) {
  Comparison c = small_comparison();
  c.curves.push_back({{0, true}, "c", {{0.5, 1.0}, {0.25, 1.0}}});
  EXPECT_THAT(parameters_table(c).back(), testing::ElementsAre("head.bias", "1", "0", "0", "0", "all zero"));
  EXPECT_THAT(
      steps_table(c),
      testing::ElementsAre(testing::ElementsAre("step", "dc layer 0 reverse", "PyTorch's"),
                           testing::ElementsAre("1", "0.5", "0.25"), testing::ElementsAre("2", "1", "1")));
}

TEST(CompareDetails, ShowOfALongTrainingTheFirstTheLastAndSomeBetween) {
  Trajectory t;
  for (Pair* pair : {&t.losses, &t.clip_norms, &t.rates}) {
    for (int update = 1; update <= 200; ++update)
      pair->ours.push_back(update), pair->reference.push_back(-update);
  }
  const Table table = updates_table(t);
  ASSERT_EQ(table.size(), 22u);
  EXPECT_THAT(table[1], testing::ElementsAre("1", "1", "-1", "1", "-1", "1", "-1"));
  EXPECT_THAT(table.back(), testing::ElementsAre("200", "200", "-200", "200", "-200", "200", "-200"));
  EXPECT_EQ(table[11].front(), "101");
}

TEST(ComparePython, IsTheOneThatIsAskedFor) {
  EXPECT_EQ(choose_python("/some/python"), "/some/python");
  EXPECT_FALSE(choose_python("").empty());
  EXPECT_EQ(release_of("2.13.0+cpu"), "2.13.0");
  EXPECT_EQ(release_of("2.14.0a0+git12"), "2.14.0");
}

/// What a conversation with a shell script comes to.
std::string failure_of(const std::string& script, double seconds = 5.0) {
  const TemporaryFolder folder;
  try {
    ChildProcess child({.name = "the script", .command = {"sh", "-c", script}, .log = folder / "stderr"});
    child.write_line("hello");
    return "answered " + child.read_line(seconds);
  } catch (const ChildFailure& failure) {
    return failure.what();
  }
}

TEST(ChildProcess, AnswersALineWithALine) {
  EXPECT_EQ(failure_of("read word; echo $word there"), "answered hello there");
}

TEST(ChildProcess, ThatEndsIsReportedWithItsLastWords) {
  EXPECT_THAT(
      failure_of("read word; echo first >&2; echo it broke >&2; exit 3"),
      AllOf(HasSubstr("the script (sh) ended with exit code 3"), HasSubstr("its last words: it broke")));
  EXPECT_THAT(failure_of("read word; kill -9 $$"), HasSubstr("was ended by signal 9"));
}

TEST(ChildProcess, ThatDoesNotAnswerIsGivenUp) {
  EXPECT_THAT(failure_of("read word; exec sleep 30", 0.2), HasSubstr("has not answered for 0.2 s"));
}

TEST(ChildProcess, ThatIsNotThereCannotBeStarted) {
  const TemporaryFolder folder;
  EXPECT_THROW(ChildProcess({.name = "it", .command = {"/no/such/program"}, .log = folder / "stderr"}),
               ChildFailure);
}

TEST(Compare, SaysInOneSentenceWhatIsWrong) {
  const Scratch scratch;
  ASSERT_EQ(scratch.run(tiny_training()).exit_code, 0);
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"compare", "ading"}, "did you mean 'adding'"},
      {{"compare", "runs/none"}, "runs/none"},
      {{"compare", "runs/tiny", "--hidden", "8"}, "--hidden"},
      {{"compare", "runs/tiny", "--checkpoint", "third"}, "third"},
      {{"compare", "adding", "--checkpoint", "best"}, "no run was named"},
      {{"compare", "adding", "--updates", "0"}, "--updates is 0"},
      {{"compare", "adding", "--optimisers", "sgd,adm"}, "did you mean 'adam'"},
      {{"compare", "adding", "--schedules", "stepp"}, "did you mean 'step'"},
      {{"compare", "adding", "--all"}, "leave out 'adding'"},
      {{"compare", "--all", "--lr", "1"}, "--lr"},
      {{"compare", "adding", "--resume", "x"}, "--resume"},
      {{"compare", "adding", "more"}, "more"}};
  for (const auto& [words, part] : wrong) {
    const Outcome outcome = scratch.run(words);
    EXPECT_EQ(outcome.exit_code, 2) << part << outcome.out;
    EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(Compare, IsSkippedWithASentenceWhereThereIsNoPython) {
  const Scratch scratch;
  for (const Surroundings& around :
       {Surroundings{}, Surroundings{.environment = {{"CAROUSEL_PYTHON", "/no/such/python"}}}}) {
    std::vector<std::string> words{"compare", "adding"};
    if (around.environment.empty()) words.insert(words.end(), {"--python", "/no/such/python"});
    const Outcome outcome = scratch.run(words, around);
    EXPECT_EQ(outcome.exit_code, 77) << outcome.err;
    EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("/no/such/python"), HasSubstr("pip install torch==")));
  }
}

/// A program that stands in for Python.
Outcome with_python(const Scratch& scratch, const std::string& script) {
  const auto path = scratch / "python";
  put(path, "#!/bin/sh\n" + script + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return scratch.run({"compare", "adding", "--python", path.string()},
                     {.environment = {{"TMPDIR", scratch.path().string()}}});
}

TEST(Compare, TellsAPythonThatCannotBeTheReferenceFromOneThatBreaks) {
  const std::vector<std::tuple<std::string, int, std::string>> pythons{
      {"echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1", 77, "No module named 'torch'"},
      {"echo '{\"torch\": \"1.2.3\", \"python\": \"3.9\"}'; read line", 77,
       "is 1.2.3, but this program's LibTorch is"},
      {"echo welcome; read line", 1, "'welcome'"},
      {"echo '{}'; read line", 1, "did not introduce itself"},
      {"echo Segmentation >&2; exit 9", 1, "exit code 9; its last words: Segmentation"},
      {"echo '{\"torch\": \"" + release_of(torch_version) + "\", \"python\": \"3\"}'; read line; exit 5", 1,
       "exit code 5"}};
  for (const auto& [script, code, part] : pythons) {
    const Scratch scratch;
    const Outcome outcome = with_python(scratch, script);
    EXPECT_EQ(outcome.exit_code, code) << script << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(part));
    for (const std::string& name : names_in(scratch.path()))
      EXPECT_THAT(name, testing::Not(HasSubstr("carousel-compare"))) << script;
  }
}

}  // namespace
}  // namespace carousel
