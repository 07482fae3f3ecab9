#include "carousel/tasks/settings.h"

#include <cmath>
#include <stdexcept>

#include "data/data_support.h"

namespace carousel {
namespace {

using test::message_of;
using testing::HasSubstr;

Settings settings() {
  return {{{.name = "length", .value = std::int64_t{100}, .help = "steps", .min = 2, .max = 1'000'000},
           {.name = "fraction", .value = 0.1, .help = "share", .min = 0.0, .max = 0.5},
           {.name = "permuted", .value = false, .help = "shuffled"},
           {.name = "set", .value = std::string("jsb"), .help = "music", .choices = {"jsb", "nottingham"}}}};
}

TEST(Settings, HaveTheirDefaultsUntilTheyAreSet) {
  auto s = settings();
  EXPECT_EQ(s.integer("length"), 100);
  s.set("length", std::int64_t{7});
  s.set("fraction", 0.25);
  s.set("permuted", true);
  s.set("set", std::string("nottingham"));
  EXPECT_EQ(s.integer("length"), 7);
  EXPECT_EQ(s.number("fraction"), 0.25);
  EXPECT_TRUE(s.flag("permuted"));
  EXPECT_EQ(s.text("set"), "nottingham");
}

TEST(Settings, TakeAWholeNumberWhereANumberIsWanted) {
  auto s = settings();
  s.set("fraction", std::int64_t{0});
  EXPECT_EQ(s.number("fraction"), 0.0);
}

TEST(Settings, NameTheOptionTheValueAndTheRangeWhenRefused) {
  auto s = settings();
  EXPECT_EQ(message_of([&] { s.set("length", std::int64_t{1}); }),
            "--length must be a whole number from 2 to 1000000, not 1");
  EXPECT_EQ(message_of([&] { s.set("fraction", 0.75); }),
            "--fraction must be a number from 0 to 0.5, not 0.75");
  EXPECT_EQ(message_of([&] { s.set("length", 2.5); }),
            "--length must be a whole number from 2 to 1000000, not 2.5");
  EXPECT_EQ(message_of([&] { s.set("set", std::string("jbs")); }),
            "--set must be one of jsb, nottingham, not 'jbs'");
  EXPECT_EQ(message_of([&] { s.set("permuted", std::int64_t{1}); }),
            "--permuted must be true or false, not 1");
  EXPECT_THAT(message_of([&] { s.set("fraction", std::nan("")); }), HasSubstr("--fraction"));
  EXPECT_EQ(s.integer("length"), 100) << "a refused value must change nothing";
  EXPECT_EQ(s.number("fraction"), 0.1);
}

TEST(Settings, SuggestTheNearestNameForAnUnknownOne) {
  auto s = settings();
  EXPECT_THAT(message_of([&] { s.set("lenght", std::int64_t{5}); }), HasSubstr("did you mean 'length'?"));
}

TEST(Settings, AskedForANameThatWasNotDeclaredIsAProgrammingError) {
  EXPECT_THROW(settings().integer("delay"), std::logic_error);
}

}  // namespace
}  // namespace carousel
