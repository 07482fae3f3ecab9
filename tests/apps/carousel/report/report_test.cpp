// carousel report, and the page it is built with.
#include <algorithm>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "apps/carousel/run_command.h"
#include "page/page.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// What the page shows, as it stands in the page.
std::string data_in(const std::string& page) {
  const std::string begin = R"(<script id="content" type="application/json">)";
  const std::size_t at = page.find(begin) + begin.size();
  return page.substr(at, page.find("</script>", at) - at);
}

json content_in(const std::string& page) {
  return json::parse(data_in(page));
}

/// A page has a megabyte: a matcher would print it.
bool holds(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

class Report : public testing::Test {
 protected:
  void SetUp() override {
    if (!page_has_charts()) GTEST_SKIP() << "built without the chart library";
    const Outcome trained = scratch_.run(tiny_training({"--flow-every", "1u"}));
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
  }
  void expect_refusal(const std::vector<std::string>& words, const std::string& part) {
    const auto before = contents_under(scratch_.path() / "runs");
    const Outcome outcome = scratch_.run(words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, HasSubstr(part));
    EXPECT_EQ(contents_under(scratch_.path() / "runs"), before);
  }
  json content() {
    const Outcome outcome = scratch_.run({"report", "runs/tiny"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return content_in(content_of(scratch_ / "runs/tiny/report.html"));
  }
  /// The chart of that title, or null.
  static json chart_in(const json& content, const std::string& title) {
    for (const json& section : content["sections"]) {
      for (const json& chart : section.value("charts", json::array())) {
        if (chart["title"] == title) return chart;
      }
    }
    return nullptr;
  }
  void append(const std::string& file, const std::string& text) {
    put(scratch_ / file, content_of(scratch_ / file) + text);
  }
  Scratch scratch_;
};

TEST_F(Report, IsWrittenIntoTheRunAndSaysSo) {
  const Outcome outcome = scratch_.run({"report", "runs/tiny"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("runs/tiny/report.html"), HasSubstr("carousel flow runs/tiny")));
  const json told = json::parse(scratch_.run({"report", "runs/tiny", "--json", "--output", "x.html"}).out);
  EXPECT_EQ(told["report"], "x.html");
  EXPECT_EQ(told["bytes"], content_of(scratch_ / "x.html").size());
}

TEST_F(Report, GoesIntoTheFolderThatOutputNames) {
  std::filesystem::create_directory(scratch_ / "pages");
  const json told = json::parse(scratch_.run({"report", "runs/tiny", "--json", "--output", "pages"}).out);
  EXPECT_EQ(told["report"], "pages/report.html");
  EXPECT_EQ(told["bytes"], content_of(scratch_ / "pages/report.html").size());
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "runs/tiny/report.html"));
}

TEST_F(Report, ShowsTheLossesOfTheRun) {
  std::vector<double> losses;
  std::istringstream lines(content_of(scratch_ / "runs/tiny/metrics.jsonl"));
  for (std::string text; std::getline(lines, text);) {
    if (const json line = json::parse(text); line["kind"] == "update") losses.push_back(line["loss"]);
  }
  const json train = chart_in(content(), "Loss")["series"][0];
  ASSERT_EQ(train["points"].size(), losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    EXPECT_EQ(train["points"][i][0], i + 1);
    EXPECT_NEAR(train["points"][i][1].get<double>(), losses[i], 1e-4 * losses[i]);
  }
}

TEST_F(Report, HasAFieldForEveryStateWithItsTimeStepsAndUpdates) {
  const json shown = content();
  for (const char* title : {"|dL/dh|", "|dL/dc|", "Keep gate (forget)"}) {
    const json chart = chart_in(shown, title);
    ASSERT_TRUE(chart.is_object()) << title;
    EXPECT_EQ(chart["columns"].size(), 5u);
    EXPECT_EQ(chart["columns"][0].size(), 10u);
    EXPECT_EQ(chart["y"]["values"].back(), 10);
  }
}

TEST_F(Report, FollowsTheForwardLayerOfABidirectionalRun) {
  ASSERT_EQ(scratch_.run(tiny_training({"--bidirectional", "--overwrite", "--flow-every", "1u"})).exit_code,
            0);
  const json curve = chart_in(content(), "Gradient over time steps")["series"][0]["points"];
  EXPECT_GT(curve.back()[1].get<double>(), curve.front()[1].get<double>());
}

TEST_F(Report, TellsAShortSequenceFromALostGradient) {
  put(scratch_ / "runs/tiny/flow/norms.jsonl",
      R"({"update":1,"layers":[{"layer":0,"log10_dh":[null,-2,-1]}]})"
      "\n"
      R"({"update":2,"layers":[{"layer":0,"log10_dh":[-2,-1]}]})"
      "\n");
  EXPECT_EQ(chart_in(content(), "|dL/dh|")["columns"], json::parse("[[null,-2.0,-1.0],[-2.0,-1.0]]"));
}

TEST_F(Report, OfSeveralRunsGoesToTheFirstOfThem) {
  ASSERT_EQ(scratch_.run(tiny_training({"--cell", "rnn", "--name", "other"})).exit_code, 0);
  ASSERT_EQ(scratch_.run({"report", "runs/other", "runs/tiny/"}).exit_code, 0);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "runs/tiny/report.html"));
  const json loss = chart_in(content_in(content_of(scratch_ / "runs/other/report.html")), "Loss");
  EXPECT_EQ(loss["series"][0]["name"], "train, other");
  expect_refusal({"report", "runs/tiny", "runs/../runs/tiny"}, "given twice");
}

TEST_F(Report, LeavesOutALineThatIsStillBeingWritten) {
  append("runs/tiny/metrics.jsonl", R"({"kind":"update","upd)");
  EXPECT_EQ(chart_in(content(), "Loss")["series"][0]["points"].size(), 5u);
}

TEST_F(Report, OfARunThatDivergedHasAGapThere) {
  append("runs/tiny/metrics.jsonl", R"({"kind":"update","update":6,"loss":null,"grad_norm":null})"
                                    "\n");
  EXPECT_TRUE(chart_in(content(), "Loss")["series"][0]["points"][5][1].is_null());
}

TEST_F(Report, RefusesDamagedRecordsByFileAndLineAndKeepsTheOldPage) {
  ASSERT_EQ(scratch_.run({"report", "runs/tiny"}).exit_code, 0);
  const std::string metrics = content_of(scratch_ / "runs/tiny/metrics.jsonl");
  append("runs/tiny/metrics.jsonl", "{\"kind\":\"upd\n");
  expect_refusal({"report", "runs/tiny"}, "metrics.jsonl' is damaged in line 7");
  put(scratch_ / "runs/tiny/metrics.jsonl", "{\"kind\":\"update\",\"update\":\"one\",\"loss\":1}\n");
  expect_refusal({"report", "runs/tiny"}, "metrics.jsonl' is damaged in line 1");
  put(scratch_ / "runs/tiny/metrics.jsonl", metrics);
  put(scratch_ / "runs/tiny/verdict.json", "[1]");
  expect_refusal({"report", "runs/tiny"}, "verdict.json");
  put(scratch_ / "runs/tiny/verdict.json", "{\"verdict\":\"vanishing\"}");
  expect_refusal({"report", "runs/tiny"}, "verdict.json");
  std::filesystem::remove(scratch_ / "runs/tiny/verdict.json");
  put(scratch_ / "runs/tiny/flow/analysis.json", R"({"trained":{"curves":[{"last_loss":{"h":"no"}}]}})");
  expect_refusal({"report", "runs/tiny"}, "analysis.json");
  std::filesystem::remove(scratch_ / "runs/tiny/flow/analysis.json");
  put(scratch_ / "runs/tiny/flow/norms.jsonl",
      "{\"update\":1,\"layers\":[{\"layer\":0,\"log10_dh\":[\"x\"]}]}\n");
  expect_refusal({"report", "runs/tiny"}, "norms.jsonl");
  std::filesystem::remove(scratch_ / "runs/tiny/metrics.jsonl");
  expect_refusal({"report", "runs/tiny"}, "metrics.jsonl' is missing");
}

TEST_F(Report, RefusesWhatIsNoRun) {
  expect_refusal({"report"}, "carousel report needs a run");
  expect_refusal({"report", "runs/tinny"}, "runs/tiny");
  expect_refusal({"report", "runs/tiny", "--output", "no/such/folder.html"},
                 "--output is 'no/such/folder.html'");
}

TEST(Page, CannotBeBrokenByAText) {
  if (!page_has_charts()) GTEST_SKIP() << "built without the chart library";
  const std::string hostile = "</script><script>alert(1)</script><!-- \xE2\x80\xA8 @content@ \xFF \" & <b>";
  const std::string plain = page_html({{"title", "x"}, {"sections", json::array()}});
  const std::string page = page_html({{"title", hostile}, {"sections", {{{"title", hostile}}}}});
  const auto scripts = [](const std::string& text) {
    const std::regex end("</script", std::regex::icase);
    return std::distance(std::sregex_iterator(text.begin(), text.end(), end), std::sregex_iterator());
  };
  EXPECT_EQ(scripts(page), scripts(plain));
  EXPECT_FALSE(holds(page, "<script>alert"));
  EXPECT_FALSE(holds(page, "\xFF"));
  const std::string data = data_in(page);
  EXPECT_TRUE(std::ranges::all_of(data, [](char c) { return c > 0 && c != '<' && c != '>' && c != '&'; }));
  const std::string title = json::parse(data)["title"];
  EXPECT_EQ(title.substr(0, hostile.find('\xFF')), hostile.substr(0, hostile.find('\xFF')));
}

TEST(Page, HoldsTheChartLibraryWithItsLicenceAndForbidsTheNetwork) {
  if (!page_has_charts()) GTEST_SKIP() << "built without the chart library";
  const std::string page = page_html({{"title", "x"}, {"sections", json::array()}});
  EXPECT_TRUE(holds(page, "Licensed to the Apache Software Foundation"));
  EXPECT_TRUE(holds(page, "default-src 'none'"));
  EXPECT_FALSE(holds(page, "<script src"));
}

}  // namespace
}  // namespace carousel
