// What the options of all commands keep to: one word for one thing, and a slip is told.
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

#include "command_table.h"
#include "io/temporary_folder.h"
#include "options/arguments.h"

namespace carousel::cli {
namespace {

using testing::HasSubstr;

const Registries& registries() {
  static const Registries all;
  return all;
}

Command described(const std::string& name) {
  const auto commands = all_commands();
  return std::ranges::find(commands, name, &CommandEntry::name)->describe(registries());
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandEntry& command : all_commands()) names.emplace_back(command.name);
  return names;
}

class EveryCommand : public testing::TestWithParam<std::string> {
 protected:
  bool has(const std::string& name) const {
    return std::ranges::any_of(command_.options,
                               [&](const Option& o) { return o.name == name || o.alias == name; });
  }
  std::string answer_to(const std::string& word) const {
    return message_of<Error>([&] { parse_arguments(command_, {word}); });
  }
  void expect_named(const Option& option, const std::string& slip) const {
    if (has(slip)) return;
    for (const std::string& word : {"--" + slip, "--" + slip + "=1", "-" + slip}) {
      EXPECT_THAT(answer_to(word), testing::AllOf(HasSubstr("unknown option '" + word + "'; did you mean "),
                                                  HasSubstr("'--" + option.name + "'")));
    }
  }

  Command command_ = described(GetParam());
};

TEST_P(EveryCommand, BoundsEveryNumberOnBothSidesSoThatItFitsWhatIsMadeOfIt) {
  for (const Option& option : command_.options) {
    if (option.kind == Kind::flag || option.kind == Kind::text) continue;
    EXPECT_TRUE(std::isfinite(option.range.min) && std::isfinite(option.range.max)) << option.name;
    EXPECT_FALSE(option.range.contains(1e39)) << option.name << " becomes infinite as a float";
    for (const char* number : {"1000000000000000000000000000000000000000", "1e39", "-1e39", "inf", "nan"})
      EXPECT_THAT(message_of<Error>([&] { canonical(option, "it", number); }), HasSubstr("but must be"))
          << option.name;
  }
}

TEST_P(EveryCommand, NamesTheNearestOptionOfASlip) {
  for (const Option& option : command_.options) {
    std::string doubled = option.name, swapped = option.name;
    doubled.insert(doubled.size() / 2, 1, doubled[doubled.size() / 2]);
    std::swap(swapped[0], swapped[1]);
    for (const std::string& slip : {doubled, swapped}) expect_named(option, slip);
  }
}

TEST_P(EveryCommand, NamesTheOptionThatAWordAbbreviates) {
  for (const Option& option : command_.options) {
    const std::string begun = option.name.substr(0, std::max<std::size_t>(2, option.name.size() / 2));
    const auto alike = std::ranges::count_if(command_.options, [&](const Option& o) {
      return o.name.starts_with(begun) || o.alias.starts_with(begun);
    });
    if (alike <= 3) expect_named(option, begun);
  }
}

TEST_P(EveryCommand, NamesTheOptionWhoseWordsAreInALongerOne) {
  for (const Option& option : command_.options) expect_named(option, "zzzzzzzzzzzz-" + option.name);
}

TEST_P(EveryCommand, NamesNothingForAWordThatIsLikeNone) {
  EXPECT_EQ(answer_to("--zzzzzz"), "unknown option '--zzzzzz'; see carousel " + GetParam() + " --help");
}

TEST_P(EveryCommand, HasItsOptionsUnderHeadingsAndHelpAtTheEnd) {
  std::vector<std::string> headings;
  for (const Option& option : command_.options) {
    if (headings.empty() || headings.back() != option.group) headings.push_back(option.group);
  }
  EXPECT_THAT(headings, testing::Not(testing::Contains("")));
  EXPECT_EQ(std::set(headings.begin(), headings.end()).size(), headings.size())
      << "a heading stands twice: " << testing::PrintToString(headings);
  EXPECT_EQ(headings.back(), "Run");
  EXPECT_EQ(command_.options.back().name, "help");
}

TEST_P(EveryCommand, HasEveryOptionOnceWithItsArgumentAndWhatItIs) {
  std::set<std::string> names;
  for (const Option& option : command_.options) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    EXPECT_GE(option.help.size(), 5u) << option.name;
    EXPECT_EQ(option.argument.empty(), option.kind == Kind::flag) << option.name;
    if (option.kind == Kind::duration) {
      EXPECT_THAT(option.help, HasSubstr("updates")) << option.name;
      EXPECT_THAT(option.help, HasSubstr("epochs")) << option.name;
    }
  }
}

TEST_P(EveryCommand, SpeaksInItsHelpOnlyOfOptionsItHas) {
  const std::regex spelt("--([a-z][a-z0-9-]*)");
  for (const Option& option : command_.options) {
    const std::string text = option.help + " " + option.shown_default;
    for (std::sregex_iterator word(text.begin(), text.end(), spelt), end; word != end; ++word)
      EXPECT_TRUE(has((*word)[1])) << "--" << option.name << " speaks of " << word->str();
  }
}

TEST_P(EveryCommand, CallsTheFileThatItWritesOutput) {
  const std::set<std::string> read{"config", "alphabet"};  // all that a file is read for
  for (const Option& option : command_.options) {
    if (option.argument != "FILE" || read.contains(option.name)) continue;
    if (option.name == "predictions") continue;  // of eval, whose result goes to stdout as ever
    EXPECT_EQ(option.name, "output");
  }
  const std::set<std::string> writing{"report", "demo", "compare", "export", "predict"};
  EXPECT_EQ(has("output"), writing.contains(GetParam()));
}

TEST_P(EveryCommand, HasAPluralNameForEveryList) {
  for (const Option& option : command_.options) {
    const bool is_list =
        option.argument == "LIST" || option.help.find("separated by commas") != std::string::npos;
    EXPECT_TRUE(!is_list || option.name.ends_with('s')) << option.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Options, EveryCommand, testing::ValuesIn(command_names()),
                         [](const auto& info) { return info.param; });

std::string range_text(const Option& option) {
  return testing::PrintToString(
      std::make_tuple(option.range.min, option.range.max, option.range.above_min, option.range.below_max));
}

/// What a word on the command line must be for the option.
std::string taken(const Option& option) {
  return testing::PrintToString(std::make_tuple(static_cast<int>(option.kind), option.argument,
                                                option.choices, option.unset, option.alias,
                                                option.repeatable));
}

TEST(Commands, ThatShareAnOptionTakeTheSameByIt) {
  const std::map<std::string, std::string> other_ranges{
      {"length", "a sample may be one symbol, and a sequence that is learnt may not"}};
  const std::set<std::string> other_words{
      "split"};  // of train, how series splits its table; of eval and flow, which part is looked at
  std::map<std::string, std::pair<std::string, Option>> first;
  std::set<std::string> differ;
  for (const std::string& command : command_names()) {
    for (const Option& option : described(command).options) {
      const auto& [other, known] = first.try_emplace(option.name, command, option).first->second;
      if (other_words.contains(option.name)) continue;
      EXPECT_EQ(taken(option), taken(known)) << "--" << option.name << " of " << command << " and " << other;
      if (range_text(option) != range_text(known)) differ.insert(option.name);
    }
  }
  std::set<std::string> expected;
  for (const auto& [name, reason] : other_ranges) expected.insert(name);
  EXPECT_EQ(differ, expected);
}

TEST(Commands, HaveNoTwoNamesForWhatIsTheSameByItsHelp) {
  std::map<std::string, std::string> names;
  for (const std::string& command : command_names()) {
    for (const Option& option : described(command).options)
      EXPECT_EQ(names.try_emplace(option.help, option.name).first->second, option.name) << option.help;
  }
}

TEST(Commands, AreFoundByAnOptionThatIsTheirs) {
  EXPECT_THAT(commands_with("steps", registries()), testing::ElementsAre("flow"));
  EXPECT_THAT(commands_with("optimizers", registries()), testing::ElementsAre("compare"));
  EXPECT_THAT(commands_with("none-has-it", registries()), testing::IsEmpty());
  EXPECT_EQ(commands_with("help", registries()), command_names());
}

}  // namespace
}  // namespace carousel::cli
