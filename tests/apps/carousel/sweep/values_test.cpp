// What a sweep reads as one value, several, a range or a distribution.
#include "sweep/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/temporary_folder.h"
#include "options/toml.h"
#include "options/train_options.h"

namespace carousel::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Registries& all() {
  static const Registries registries;
  return registries;
}

SweptOption given(const std::string& name, const std::string& text, const std::string& task = "adding") {
  static std::map<std::string, std::vector<Option>> tables;
  auto& table = tables.try_emplace(task, train_options(all(), all().tasks.find(task))).first->second;
  return swept_option(*find_option(table, name), {name, {text}, false, "--" + name}, all().cells);
}

std::vector<std::string> values(const std::string& name, const std::string& text,
                                const std::string& task = "adding") {
  std::vector<std::string> shown;
  for (const SweepValue& value : given(name, text, task).values) shown.push_back(value.shown);
  return shown;
}

std::string refusal(const std::string& name, const std::string& text) {
  return message_of<Error>([&] { given(name, text); });
}

TEST(SweepValues, OfAListAreCanonicalInItsOrder) {
  EXPECT_THAT(values("lr", "1e-3,5e-3,.1"), ElementsAre("0.001", "0.005", "0.1"));
  EXPECT_THAT(values("cell", "lstm,gru"), ElementsAre("lstm", "gru"));
  EXPECT_THAT(values("bidirectional", "yes,off"), ElementsAre("true", "false"));
  EXPECT_THAT(values("train-for", "500,2e"), ElementsAre("500u", "2e"));
  EXPECT_THAT(values("forget-bias", "none,1"), ElementsAre("none", "1"));
}

TEST(SweepValues, OfARangeHaveBothEndsWhereTheStepComesToThem) {
  EXPECT_THAT(values("seed", "1..5"), ElementsAre("1", "2", "3", "4", "5"));
  EXPECT_THAT(values("hidden", "8..20:4"), ElementsAre("8", "12", "16", "20"));
  EXPECT_THAT(values("hidden", "8..19:4,64"), ElementsAre("8", "12", "16", "64"));
  EXPECT_THAT(values("forget-bias", "-1..1"), ElementsAre("-1", "0", "1"));
  EXPECT_EQ(given("hidden", "8..19:4").range->last, 16);
}

TEST(SweepValues, ThatHoldCommasStandInBraces) {
  EXPECT_THAT(values("zoneout", "h=0.1,c=0.2"), ElementsAre("h=0.1,c=0.2"));
  EXPECT_THAT(values("zoneout", "{h=0.1,c=0.2},{0}"), ElementsAre("h=0.1,c=0.2", "0"));
  EXPECT_THAT(values("inputs", "a,b,c", "series"), ElementsAre("a,b,c"));
  EXPECT_THAT(values("inputs", "{a,b},{c}", "series"), ElementsAre("a,b", "c"));
  EXPECT_THAT(values("recurrence", "full,heads:4"), ElementsAre("full", "heads:4"));
}

TEST(SweepValues, OfAPathWithTwoDotsAreNoRange) {
  EXPECT_THAT(values("text", "../my.txt", "charlm"), ElementsAre("../my.txt"));
}

TEST(SweepValues, OfADistributionAreNotThereYet) {
  const SweptOption log = given("lr", "log(1e-4, 1e-2)");
  EXPECT_TRUE(log.values.empty());
  EXPECT_EQ(log.drawn, (Distribution{true, 1e-4, 1e-2}));
  EXPECT_EQ(given("dropout", "uniform(0,0.5)").drawn, (Distribution{false, 0, 0.5}));
  EXPECT_TRUE(given("hidden", "log(16,512)").whole);
}

TEST(SweepValues, ThatAreWrongAreRefusedInTrainsWordsOrWithWhatToWrite) {
  EXPECT_EQ(refusal("lr", "1e-3,0"), "--lr is 0, but must be a number above 0 and at most 1e+38");
  EXPECT_EQ(refusal("seed", "..5"), "--seed is '..5', a range without an end: write both, as in 1..5");
  EXPECT_EQ(refusal("seed", "1..2,7.."), "--seed is '7..', a range without an end: write both, as in 1..5");
  EXPECT_EQ(refusal("seed", "3..1"), "--seed is '3..1', a range that ends before it begins");
  EXPECT_THAT(refusal("seed", "1..5:0"), HasSubstr("a range has whole numbers"));
  EXPECT_THAT(refusal("seed", "0..1000000"), HasSubstr("1e+06 values: a sweep takes at most 1000000"));
  EXPECT_THAT(refusal("seed", "0..9007199254740991"), HasSubstr("a sweep takes at most"));
  EXPECT_THAT(refusal("seed", "-9223372036854775808..9223372036854775807"),
              HasSubstr("a sweep takes at most"));
  EXPECT_THAT(refusal("lr", "log(0.1,0.01)"), HasSubstr("whose first end must be below its second"));
  EXPECT_THAT(refusal("dropout", "log(0,0.5)"), HasSubstr("whose ends must be above 0"));
  EXPECT_THAT(refusal("lr", "log(0.1)"), HasSubstr("has two ends"));
  EXPECT_THAT(refusal("lr", "log(0.1,0.2),1"), HasSubstr("is 'log(0.1,0.2)', but must be a number"));
  EXPECT_EQ(refusal("lr", "0.1,1e-1"), "--lr has 0.1 twice: give each value once");
  EXPECT_EQ(refusal("lr", "log(1,2"), "--lr is 'log(1,2', in which a ')' is missing");
  EXPECT_THAT(refusal("hidden", "8,,16"), HasSubstr("in which a value is empty"));
}

TEST(TomlLists, ReadArraysAlsoOverSeveralLinesBesideFlatValues) {
  const auto read = parse_toml_lists(
      "lr = [1e-3, 0.5,\n  2,  # the last\n]\ncell = ['lstm', \"a]b,#\"]\nseed = \"1..5\"\n", "f");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_THAT(read[0].texts, ElementsAre("0.001", "0.5", "2"));
  EXPECT_THAT(read[1].texts, ElementsAre("lstm", "a]b,#"));
  EXPECT_TRUE(read[1].array);
  EXPECT_EQ(read[1].label, "cell in f line 4");
  EXPECT_FALSE(read[2].array);
}

TEST(TomlLists, RefuseTablesNestedArraysAndWhatIsNotClosed) {
  for (const char* text : {"[lr]\n", "a = [[1]]\n", "a = {b = 1}\n", "a = [1\nb = 2\n", "a = [1] 2\n",
                           "a = [1,\n", "a = 1, 2\n", "a = [2026-01-01]\n", "a = ]\n", "[[a]]\n"}) {
    EXPECT_NE(message_of<Error>([&] { parse_toml_lists(text, "f"); }), "(nothing was thrown)") << text;
  }
}

TEST(TomlLists, AreStillRefusedWhereOneValueIsMeant) {
  EXPECT_THAT(message_of<Error>([] { parse_toml("lr = [1, 2]\n", "f"); }), HasSubstr("array"));
}

}  // namespace
}  // namespace carousel::cli
