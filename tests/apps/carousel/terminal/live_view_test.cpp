// The drawing of --live, line by line.
#include "terminal/live_view.h"

#include <cmath>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carousel::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr PlotStyle ascii{.width = 40, .height = 12};
constexpr PlotStyle unicode{.width = 40, .height = 12, .unicode = true};

/// Columns that a line takes on a terminal.
std::size_t columns_of(const std::string& line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b')
      i = line.find('m', i);
    else
      count += (static_cast<unsigned char>(line[i]) & 0xc0) != 0x80;
  }
  return count;
}

/// A record of layers with these curves of h, whose keep gate has the mean 0.75 everywhere.
FlowRecord record(std::int64_t update, const std::vector<std::vector<double>>& curves) {
  FlowRecord flow;
  flow.update = update;
  flow.states = {"h", "c"};
  flow.gates = {"input", "forget"};
  flow.keep_gate = 1;
  for (std::size_t l = 0; l < curves.size(); ++l) {
    const std::vector<double> none(curves[l].size(), -INFINITY), mean(curves[l].size(), 0.75);
    flow.layers.push_back({.id = {.layer = static_cast<std::int64_t>(l)},
                           .gradient_log10 = {curves[l], none},
                           .gate_mean = {none, mean}});
  }
  return flow;
}

std::vector<std::string> frame_of(const FlowRecord& flow, const PlotStyle& style) {
  LiveView view;
  view.add(flow.update, 0.5, &flow);
  return view.frame(style);
}

TEST(LiveView, DrawsALineDownToTheFirstStepAndLabelsItsEnds) {
  EXPECT_THAT(frame_of(record(300, {{-4, -2, 0}}), unicode),
              ElementsAre("log10 |dL/dh_t|, update 300  l0",          //
                          "     0 │                         ⢀⣀⠤⠔⠒⠉",  //
                          "       │                   ⣀⡠⠤⠒⠒⠉⠁",       //
                          "    -2 │             ⣀⡠⠤⠒⠊⠉",              //
                          "       │      ⢀⣀⠤⠤⠒⠊⠉",                    //
                          "    -4 │ ⣀⠤⠔⠒⠉⠁",                          //
                          "       └───────────────────────────────",
                          "         t = 1                    t = 3", "loss 0.5 ▅", "forget 0.75 ▅"));
}

TEST(LiveView, TellsLayersApartByMarksWhereThereAreNoColours) {
  EXPECT_THAT(frame_of(record(300, {{-4, -4}, {0, 0}}), ascii),
              ElementsAre("log10 |dL/dh_t|, update 300  0 l0  1 l1",
                          "     0 | 111111111111111111111111111111",  //
                          "       |",                                 //
                          "    -2 |",                                 //
                          "       |",                                 //
                          "    -4 | 000000000000000000000000000000",  //
                          "       +-------------------------------",
                          "         t = 1                    t = 2",  //
                          "loss 0.5 =", "forget 0.75 ="));
}

TEST(LiveView, TellsLayersApartByColoursWhereItMay) {
  const auto lines =
      frame_of(record(1, {{-4, -4}, {0, 0}}), {.width = 40, .height = 12, .colours = true, .unicode = true});
  EXPECT_THAT(lines.front(), HasSubstr("\x1b[36ml0\x1b[0m  \x1b[33ml1\x1b[0m"));
  EXPECT_THAT(lines[1], HasSubstr("\x1b[33m⠉"));
  EXPECT_THAT(lines[5], HasSubstr("\x1b[36m⣀"));
}

TEST(LiveView, LeavesAGapWhereNoGradientArrivedAndSaysWhereItBegins) {
  const auto lines = frame_of(record(1, {{-INFINITY, -INFINITY, -2, -2}}), {.width = 80, .height = 12});
  EXPECT_THAT(lines.front(), HasSubstr("l0 from t = 3"));
  EXPECT_EQ(lines[5], fmt::format("    -2 | {:46}{:0>24}", "", ""));
  const FlowRecord none = record(1, {{-INFINITY, -INFINITY}});
  EXPECT_THAT(frame_of(none, {.width = 80, .height = 12}),
              ElementsAre(HasSubstr("log10 |dL/dh_t| of l0 none over 2 steps, none")));
}

TEST(LiveView, ShowsTheLastStepsLossAloneWhereEveryStepHasOne) {
  FlowRecord flow = record(1, {{0, 0}});
  flow.layers[0].last_loss_log10 = {{-6, -6}, {-6, -6}};
  const auto lines = frame_of(flow, {.width = 80, .height = 12});
  EXPECT_THAT(lines.front(), HasSubstr("log10 |dL/dh_t| of the last step's loss, update 1"));
  EXPECT_THAT(lines[1], HasSubstr("-4 |"));
}

TEST(LiveView, OrdersLayersAndPutsTheReverseDirectionSecond) {
  FlowRecord flow = record(1, {{0, 0}, {0, 0}, {0, 0}});
  flow.layers[0].id = {.layer = 10};
  flow.layers[1].id = {.layer = 2, .reverse = true};
  flow.layers[2].id = {.layer = 2};
  EXPECT_THAT(frame_of(flow, {.width = 80, .height = 12}).front(), HasSubstr("0 l2  1 l2 reverse  2 l10"));
}

TEST(LiveView, StaysWithinTheTerminal) {
  std::vector<std::vector<double>> curves(12, std::vector<double>(1000));
  for (std::size_t l = 0; l < curves.size(); ++l) {
    for (std::size_t t = 0; t < 1000; ++t) curves[l][t] = std::sin(static_cast<double>(t * l)) * 40;
  }
  LiveView view;
  for (std::int64_t update = 1; update <= 500; ++update) {
    const FlowRecord flow = record(update, curves);
    view.add(update, 1.0 / static_cast<double>(update), &flow);
  }
  for (const std::size_t width : {10u, 40u, 41u, 80u, 200u}) {
    for (const std::size_t height : {3u, 12u, 24u, 40u}) {
      for (const bool fancy : {false, true}) {
        const auto lines = view.frame({.width = width, .height = height, .colours = fancy, .unicode = fancy});
        EXPECT_LT(lines.size() + 1, std::max<std::size_t>(height, 4)) << width << " x " << height;
        for (const std::string& line : lines) EXPECT_LT(columns_of(line), width) << line;
      }
    }
  }
}

TEST(LiveView, IsALineWithASparklineWhereThereIsNoTerminal) {
  LiveView view;
  EXPECT_EQ(view.line(true), "");
  const FlowRecord flow = record(7, {{0, 0}, {-7, -6, -5, -4, -3, -2, -1, 0}});
  view.add(7, 1.0, &flow);
  EXPECT_EQ(view.line(true), "flow 7: log10 |dL/dh_t| of l1 over 8 steps, -7.0 ▁▂▃▄▅▆▇█ 0.0");
  EXPECT_EQ(view.line(false), "flow 7: log10 |dL/dh_t| of l1 over 8 steps, -7.0 _.:-=+*# 0.0");
}

TEST(LiveView, AveragesTheLossOverTheUpdatesSinceTheLastRecord) {
  LiveView view;
  EXPECT_THAT(view.frame(ascii), IsEmpty());
  view.add(1, 4.0, nullptr);
  const FlowRecord flow = record(2, {{0, 0}});
  view.add(2, 2.0, &flow);
  EXPECT_THAT(view.frame(ascii), testing::Contains("loss 3 ="));
  view.add(3, 1.0, &flow);
  EXPECT_THAT(view.frame(ascii), testing::Contains("loss 1 #_"));
}

TEST(Sparkline, AveragesNeighboursWhereThereAreMoreValuesThanColumns) {
  EXPECT_EQ(sparkline({0, 2, 7, 9}, 2, false), "_#");
  EXPECT_EQ(sparkline({0, NAN, 7}, 10, false), "_ #");
  EXPECT_EQ(sparkline({}, 10, false), "");
}

}  // namespace
}  // namespace carousel::cli
