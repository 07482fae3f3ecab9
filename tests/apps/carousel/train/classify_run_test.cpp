// A run of classify: trained, continued, evaluated, and answering tables.
#include <gmock/gmock.h>

#include "apps/carousel/train/run_files.h"

namespace carousel {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// 120 texts, of the class 5 where "sun" is one of their words and 1 where not.
std::string rated_texts() {
  std::string table = "review,stars\n";
  for (int i = 0; i < 120; ++i)
    table += "w" + std::to_string(i % 7) + (i % 2 ? " sun" : " rain") + " w" + std::to_string(i % 5) +
             (i % 2 ? ",5\n" : ",1\n");
  return table;
}

class ClassifyRun : public testing::Test {
 protected:
  ClassifyRun() { put(scratch_ / "rated.csv", rated_texts()); }

  Outcome train(std::vector<std::string> more) const {
    std::vector<std::string> words{
        "train",   "classify", "--data",   "rated.csv", "--text",           "review",
        "--label", "stars",    "--hidden", "8",         "--embedding",      "4",
        "--lr",    "0.03",     "--batch",  "16",        "--validate-every", "10u"};
    words.insert(words.end(), more.begin(), more.end());
    return scratch_.run(words);
  }

  Scratch scratch_;
};

TEST_F(ClassifyRun, LearnsAndAnswersATableWithOrWithoutLabels) {
  const auto trained = train({"--train-for", "60u", "--name", "a"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto measured = scratch_.run({"eval", "runs/a", "--split", "test", "--json"});
  ASSERT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_EQ(json::parse(measured.out)["metric"], 1.0);
  EXPECT_EQ(json::parse(measured.out)["scores"]["confusion"], json({{9, 0}, {0, 9}}));

  put(scratch_ / "new.csv", "id,review\n7,w1 sun w2\n8,w2 rain w3\n9,never\n");
  const auto answered = scratch_.run({"predict", "runs/a", "--data", "new.csv"});
  ASSERT_EQ(answered.exit_code, 0) << answered.err;
  EXPECT_THAT(answered.out, testing::StartsWith("row,prediction,p_1,p_5\n1,5,"));
  EXPECT_THAT(answered.out, HasSubstr("\n2,1,"));
  EXPECT_THAT(answered.out, HasSubstr("\n3,"));  // a word that it never read is no failure
  put(scratch_ / "new.csv", "stars,review\n1,w1 sun w2\n1,w1 rain w2\n");
  const auto scored = scratch_.run({"predict", "runs/a", "--data", "new.csv", "--json"});
  EXPECT_EQ(json::parse(scored.out)["scores"]["accuracy"], 0.5) << scored.err;
}

TEST_F(ClassifyRun, GoesOnAsIfItHadNeverStopped) {
  ASSERT_EQ(train({"--train-for", "20u", "--name", "whole"}).exit_code, 0);
  ASSERT_EQ(train({"--train-for", "10u", "--name", "halves"}).exit_code, 0);
  const auto resumed = scratch_.run({"train", "--resume", "runs/halves", "--train-for", "20u"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(saved_weights(scratch_ / "runs/whole"), saved_weights(scratch_ / "runs/halves"));
}

TEST_F(ClassifyRun, TakesAColumnForNoDataThoughAFileOrFolderIsCalledTheSame) {
  put(scratch_ / "review", "a file");
  std::filesystem::create_directory(scratch_ / "stars");
  ASSERT_EQ(train({"--train-for", "5u", "--name", "a"}).exit_code, 0);
  const json data = meta_of(scratch_ / "runs/a")["data"];
  EXPECT_TRUE(data.contains("data"));
  EXPECT_EQ(data.size(), 1u) << data;
  std::filesystem::remove(scratch_ / "review");
  EXPECT_EQ(scratch_.run({"eval", "runs/a"}).exit_code, 0);
}

TEST_F(ClassifyRun, SaysInASentenceThatStreamsAndRolloutsAreOfSeries) {
  ASSERT_EQ(train({"--train-for", "5u", "--name", "a"}).exit_code, 0);
  const auto streamed = scratch_.run({"predict", "runs/a", "--follow"});
  EXPECT_EQ(streamed.exit_code, 2);
  EXPECT_THAT(streamed.err,
              HasSubstr("--follow goes on from row to row of a series, and the run 'runs/a' is of classify"));
  const auto rolled = scratch_.run({"predict", "runs/a", "--data", "rated.csv", "--rollout", "3"});
  EXPECT_EQ(rolled.exit_code, 2);
  EXPECT_THAT(rolled.err, HasSubstr("--rollout goes on from row to row"));
}

TEST_F(ClassifyRun, NamesTheOptionThatIsMissing) {
  const auto outcome = scratch_.run({"train", "classify", "--data", "rated.csv", "--text", "review"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("give --label NAME"));
  EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
}

}  // namespace
}  // namespace carousel
