// carousel demo: what it refuses before it works. The page itself is tested in a browser
// (tests/apps/page/demo_test.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/carousel/run_command.h"

namespace carousel {
namespace {

using testing::HasSubstr;

TEST(Demo, RefusesAPlaceForItsPageBeforeItMeasures) {
  const Scratch scratch;
  for (const char* place : {"nowhere/demo.html", "stdout/demo.html"}) {
    const Outcome outcome = scratch.run({"demo", "--output", place});
    EXPECT_EQ(outcome.exit_code, 2) << place;
    EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(std::string("--output is '") + place)) << outcome.err;
  }
}

}  // namespace
}  // namespace carousel
