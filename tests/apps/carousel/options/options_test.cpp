// Values of options: what they may be, and which layer wins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

#include "io/temporary_folder.h"
#include "options/arguments.h"
#include "options/option_group.h"
#include "options/toml.h"

namespace carousel::cli {
namespace {

using testing::HasSubstr;

std::vector<Option> some_options() {
  OptionGroup g("Some");
  g.integer("hidden", 64, at_least(1), "units");
  g.number("lr", 0.001, above(0), "rate");
  g.number("dropout", 0, share, "share");
  g.flag("deep", false, "or not");
  g.text("text", "", "FILE", "a file");
  g.choice("cell", "lstm", {"gru", "lstm"}, "cell").alias = "sell";
  g.updates("train-for", 4000, above(0), "length");
  g.number_or_none("clip-norm", 1.0, above(0), "limit").exclusive = "clip";
  g.number_or_none("clip-value", std::nullopt, above(0), "limit").exclusive = "clip";
  g.flag("clip-report", false, "only measure").exclusive = "clip";
  return g.options();
}

std::string canonical_text(const std::string& name, const std::string& text) {
  const OptionValues values(some_options());
  return canonical(values.option(name), "--" + name, text);
}

std::string refusal(const std::string& name, const std::string& text) {
  return message_of<Error>([&] { canonical_text(name, text); });
}

TEST(CanonicalValue, IsTheSameForEveryWayToWriteIt) {
  EXPECT_EQ(canonical_text("hidden", "0064"), "64");
  EXPECT_EQ(canonical_text("lr", "1e-3"), "0.001");
  EXPECT_EQ(canonical_text("lr", "0.1"), "0.1");
  EXPECT_EQ(canonical_text("deep", "Yes"), "true");
  EXPECT_EQ(canonical_text("deep", "0"), "false");
  EXPECT_EQ(canonical_text("train-for", "5000"), "5000u");
  EXPECT_EQ(canonical_text("train-for", "5e3u"), "5000u");
  EXPECT_EQ(canonical_text("train-for", "2.5e"), "2.5e");
  EXPECT_EQ(canonical_text("clip-norm", "none"), "none");
}

TEST(CanonicalValue, IsRefusedOutsideItsRangeWithTheRange) {
  EXPECT_EQ(refusal("hidden", "0"), "--hidden is 0, but must be a whole number between 1 and 1000000000");
  EXPECT_EQ(refusal("lr", "0"), "--lr is 0, but must be a number above 0 and at most 1e+30");
  EXPECT_EQ(refusal("dropout", "1"), "--dropout is 1, but must be a number of at least 0 and below 1");
  EXPECT_EQ(refusal("clip-norm", "-2"),
            "--clip-norm is -2, but must be a number above 0 and at most 1e+30, or none");
  EXPECT_THAT(refusal("train-for", "0u"), HasSubstr("5000u"));
  EXPECT_THAT(refusal("train-for", ""), HasSubstr("--train-for is ''"));
  EXPECT_THAT(refusal("train-for", "e"), HasSubstr("--train-for is 'e'"));
  EXPECT_THAT(refusal("deep", "maybe"), HasSubstr("true or false"));
  EXPECT_THAT(refusal("lr", "inf"), HasSubstr("--lr is inf"));
}

TEST(Layers, TheLaterOneWins) {
  OptionValues values(some_options());
  EXPECT_EQ(values.integer("hidden"), 64);
  values.apply(Layer::file,
               {{"hidden", "1", "hidden in 'a.toml' line 1"}, {"lr", "0.1", ""}, {"dropout", "0.1", ""}});
  values.apply(Layer::environment, {{"hidden", "2", "CAROUSEL_HIDDEN"}, {"lr", "0.2", ""}});
  values.apply(Layer::flag, {{"hidden", "3", "--hidden"}});
  EXPECT_EQ(values.integer("hidden"), 3);
  EXPECT_EQ(values.number("lr"), 0.2);
  EXPECT_EQ(values.number("dropout"), 0.1);
  EXPECT_TRUE(values.is_default("deep"));
  EXPECT_FALSE(values.is_default("dropout"));
}

TEST(Layers, AnOptionThatExcludesOthersUnsetsThoseOfEarlierLayers) {
  OptionValues values(some_options());
  values.apply(Layer::file, {{"clip-value", "5", ""}});
  EXPECT_FALSE(values.is_set("clip-norm"));
  values.apply(Layer::flag, {{"clip-report", "true", "--clip-report"}});
  EXPECT_FALSE(values.is_set("clip-value"));
  EXPECT_TRUE(values.flag("clip-report"));
  EXPECT_THAT(message_of<Error>([&] {
                values.apply(Layer::flag,
                             {{"clip-norm", "1", "--clip-norm"}, {"clip-value", "2", "--clip-value"}});
              }),
              HasSubstr("--clip-norm and --clip-value"));
}

TEST(Arguments, TakeValuesAsTheyAre) {
  const Command command{
      .name = "train", .summary = "", .positionals = {{"TASK", ""}}, .options = some_options()};
  const auto arguments = parse_arguments(command, {"adding", "--text", "[a, b]#\"c\"", "--lr", "-1",
                                                   "--hidden=5", "--deep", "--hidden", "6", "--sell", "gru"});
  EXPECT_EQ(arguments.positionals.front(), "adding");
  EXPECT_EQ(arguments.text("text"), "[a, b]#\"c\"");
  EXPECT_EQ(arguments.text("lr"), "-1");
  EXPECT_EQ(arguments.text("hidden"), "6");
  EXPECT_EQ(arguments.text("deep"), "true");
  EXPECT_EQ(arguments.text("cell"), "gru");
  EXPECT_EQ(arguments.text("dropout"), std::nullopt);
  EXPECT_EQ(parse_arguments(command, {"--deep=false"}).text("deep"), "false");
}

TEST(Toml, GivesBackWhatWasWritten) {
  OptionValues values(some_options());
  const std::string odd = "take #2, \"b\\c\"\t[x] = 'y' \xC3\xA9";
  values.apply(
      Layer::flag,
      {{"text", odd, ""}, {"lr", "0.1", ""}, {"train-for", "2.5e", ""}, {"clip-report", "true", ""}});
  const std::string written = to_toml(values);
  OptionValues read(some_options());
  read.apply(Layer::file, parse_toml(written, "written"));
  EXPECT_EQ(read.text("text"), odd);
  EXPECT_EQ(to_toml(read), written);
}

TEST(Toml, ReadsCommentsAndEveryKindOfValue) {
  const auto values = parse_toml(
      "# first\n\na = 1_000 # many\r\n\"b\" = 'a\\b#'\n  c=\"\\u00e9\\n\"\nd = +1.5e-3\ne = true", "here");
  std::vector<std::string> texts;
  for (const Given& given : values) texts.push_back(given.name + "=" + given.text);
  EXPECT_THAT(texts, testing::ElementsAre("a=1000", "b=a\\b#", "c=\xC3\xA9\n", "d=0.0015", "e=true"));
  EXPECT_EQ(values[2].label, "c in here line 5");
}

TEST(Toml, TakesAnythingInQuotesHoweverManyDotsOrLettersItHas) {
  const std::string dots(5000, '.');
  for (const std::string& text :
       {"\"\\\"" + dots + "\"", "'\\" + dots + "'", "\"\" # " + dots, std::string("'\xEF\xBA\xBB'")}) {
    EXPECT_EQ(parse_toml("a = " + text + "\nb = 'x'", "here").size(), 2u) << text.substr(0, 9);
  }
}

TEST(Toml, RefusesWhatWouldTakeTheStackOrIsUndefinedInItsParser) {
  std::string key = "a";
  for (int i = 0; i < 1001; ++i) key += ".a";
  for (const std::string& line :
       {key + " = 1", "[" + key + "]", "x = {" + key + " = 1}", "x = 'a'\n" + key + " = 1"})
    EXPECT_THAT(message_of<Error>([&] { parse_toml(line, "here"); }), HasSubstr("flat"));
  EXPECT_EQ(message_of<Error>([] { parse_toml("b = 'x'\n\xEF\xBA\xBB = 1", "here"); }),
            "line 2 of here has the byte 0xef where no text is: a text stands in quotes");
  for (const char* line : {"b = \"\"\"\\\xEF\xBA\xBB\"\"\"", "b = '''\xEF\xBA\xBB'''", "a.\"\"\"b\"\"\" = 1"})
    EXPECT_THAT(message_of<Error>([&] { parse_toml(line, "here"); }), HasSubstr("on one line")) << line;
  EXPECT_THAT(message_of<Error>([] { parse_toml("a = 0Z='\xEF\xBB\x95'", "here"); }),
              HasSubstr("second '='"));
  EXPECT_THAT(message_of<Error>([] { parse_toml(std::string("\0~ = 1", 6), "here"); }),
              HasSubstr("byte 0x00"));
}

TEST(Toml, RefusesEverythingElseWithTheLine) {
  const std::vector<std::pair<std::string, std::string>> wrong{{"[table]", "flat"},
                                                               {"a", "not TOML"},
                                                               {"a =", "not TOML"},
                                                               {"a = 1 2", "more than one word"},
                                                               {"a = \"x", "not TOML"},
                                                               {"= 1", "not TOML"},
                                                               {"a = \"x\" y", "more than one word"},
                                                               {"a = 5)--- 2", "where no text is"},
                                                               {"a = 5)", "a ')' where"},
                                                               {"a = lstm", "quotes"},
                                                               {"a = \"\\q\"", "not TOML"},
                                                               {"a = 1979-05-27T\"", "flat"},
                                                               {"a = 07:3", "flat"},
                                                               {"a = 1\"\"\"2", "quotes"},
                                                               {"a = [1]", "flat"},
                                                               {"b = 1", "not TOML"},
                                                               {"a = \"\\ud800\"", "not TOML"}};
  for (const auto& [line, reason] : wrong) {
    const std::string message =
        message_of<Error>([&, &text = line] { parse_toml("b = 1\n" + text, "here"); });
    EXPECT_THAT(message, testing::AllOf(HasSubstr("line 2 of here"), HasSubstr(reason))) << line;
  }
}

}  // namespace
}  // namespace carousel::cli
