#include "carousel/data/forecast_scores.h"

#include <cmath>

#include "carousel/data/table.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Numbers = std::vector<double>;
using Places = std::vector<std::int64_t>;

TEST(NumberScores, AreThoseByHand) {
  const auto scores = number_scores(Numbers{1, 2, 3, 6}, Numbers{2, 2, 1, 6});
  EXPECT_EQ(scores.count, 4);
  EXPECT_DOUBLE_EQ(scores.mae, 0.75);
  EXPECT_DOUBLE_EQ(scores.mse, 1.25);
  EXPECT_DOUBLE_EQ(scores.rmse, std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(scores.smape, 100 * (2.0 / 3 + 1) / 4);
  EXPECT_DOUBLE_EQ(scores.bias, -0.25);
  EXPECT_DOUBLE_EQ(scores.r2, 1 - 5.0 / 14);
}

TEST(NumberScores, LeaveOutPairsWhoseTruthIsMissing) {
  const auto scores = number_scores(Numbers{missing, 1, missing, 3}, Numbers{5, 1, missing, 4});
  EXPECT_EQ(scores.count, 2);
  EXPECT_DOUBLE_EQ(scores.mae, 0.5);
  EXPECT_DOUBLE_EQ(scores.r2, 0.5);
}

TEST(NumberScores, AreNotANumberWhereAForecastIs) {
  const auto scores = number_scores(Numbers{1, 2}, Numbers{1, missing});
  EXPECT_EQ(scores.count, 2);
  for (const double score : {scores.mae, scores.mse, scores.rmse, scores.smape, scores.bias, scores.r2}) {
    EXPECT_TRUE(std::isnan(score));
  }
  EXPECT_TRUE(std::isnan(pinball(Numbers{1, 2}, Numbers{1, missing}, 0.5)));
  EXPECT_TRUE(std::isnan(coverage(Numbers{1, 2}, Numbers{1, missing})));
}

TEST(NumberScores, AreNotANumberOfNothing) {
  for (const auto& truth : {Numbers{}, Numbers{missing}}) {
    const Numbers forecast(truth.size(), 1.0);
    const auto scores = number_scores(truth, forecast);
    EXPECT_EQ(scores.count, 0);
    for (const double score : {scores.mae, scores.mse, scores.rmse, scores.smape, scores.bias, scores.r2,
                               pinball(truth, forecast, 0.5), coverage(truth, forecast)}) {
      EXPECT_TRUE(std::isnan(score));
    }
  }
}

TEST(NumberScores, HaveNoR2WhereTheTruthDoesNotVary) {
  EXPECT_TRUE(std::isnan(number_scores(Numbers(1000, 0.1), Numbers(1000, 0.2)).r2));
  EXPECT_TRUE(std::isnan(number_scores(Numbers{5}, Numbers{5}).r2));
  EXPECT_DOUBLE_EQ(number_scores(Numbers{1, 2}, Numbers{1, 2}).r2, 1);
}

TEST(NumberScores, CountTwoZerosAsNoRelativeError) {
  EXPECT_DOUBLE_EQ(number_scores(Numbers{0, 0}, Numbers{0, 1}).smape, 100);
  EXPECT_DOUBLE_EQ(number_scores(Numbers{1, -1}, Numbers{-1, -1}).smape, 100);
}

TEST(NumberScores, NeedAnAnswerToEveryTruth) {
  EXPECT_THROW(number_scores(Numbers{1}, Numbers{}), std::logic_error);
  EXPECT_THROW(pinball(Numbers{}, Numbers{1}, 0.5), std::logic_error);
  EXPECT_THROW(class_scores(Places{0}, Places{}, 1), std::logic_error);
  EXPECT_THROW(log_loss(Places{0}, Numbers{1}, 2), std::logic_error);
}

TEST(Pinball, WeighsTooLowByTheQuantileAndTooHighByTheRest) {
  EXPECT_DOUBLE_EQ(pinball(Numbers{3}, Numbers{1}, 0.9), 1.8);
  EXPECT_DOUBLE_EQ(pinball(Numbers{1}, Numbers{3}, 0.9), 0.2);
  EXPECT_DOUBLE_EQ(pinball(Numbers{3, 1, missing, 2}, Numbers{1, 3, 9, 2}, 0.75), 2.0 / 3);
  EXPECT_DOUBLE_EQ(pinball(Numbers{3}, Numbers{1}, 0), 0);
}

TEST(Pinball, RefusesAQuantileOutsideZeroToOne) {
  for (const double quantile : {-0.1, 1.1, missing}) {
    EXPECT_THAT(message_of([&] { pinball(Numbers{1}, Numbers{1}, quantile); }), HasSubstr("between 0 and 1"));
  }
}

TEST(Coverage, IsTheShareOfTruthsAtOrBelowTheForecast) {
  EXPECT_DOUBLE_EQ(coverage(Numbers{1, 2, 3, missing, 4}, Numbers{1, 3, 2, 0, 3}), 0.5);
}

TEST(MaseScale, IsTheErrorOfTheSeasonBefore) {
  EXPECT_DOUBLE_EQ(mase_scale(Numbers{1, 3, 2, 6}, 1, {}), 7.0 / 3);
  EXPECT_DOUBLE_EQ(mase_scale(Numbers{1, 3, 2, 6}, 2, {}), 2);
  EXPECT_DOUBLE_EQ(mase_scale(Numbers{1, missing, 2, 6}, 1, {}), 4);
}

TEST(MaseScale, DoesNotLookAcrossTheStartOfASeries) {
  EXPECT_DOUBLE_EQ(mase_scale(Numbers{1, 3, 100, 101}, 1, Places{0, 2}), 1.5);
  EXPECT_DOUBLE_EQ(mase_scale(Numbers{1, 3, 100, 101, 105}, 2, Places{2}), 5);
  EXPECT_DOUBLE_EQ(mase_scale(Numbers{1, 50, 50, 7, 9}, 1, Places{0, 1, 2, 3}), 2);
}

TEST(MaseScale, IsNotANumberWithoutAPairOrAnError) {
  EXPECT_TRUE(std::isnan(mase_scale(Numbers{}, 1, {})));
  EXPECT_TRUE(std::isnan(mase_scale(Numbers{1, 2}, 2, {})));
  EXPECT_TRUE(std::isnan(mase_scale(Numbers{1, 2}, 1, Places{1})));
  EXPECT_TRUE(std::isnan(mase_scale(Numbers{2, 2, 2}, 1, {})));
  EXPECT_THAT(message_of([] { mase_scale(Numbers{1}, 0, {}); }), HasSubstr("the season is 0"));
}

TEST(ClassScores, AreThoseByHand) {
  const auto scores = class_scores(Places{0, 0, 0, 1, 1, 2}, Places{0, 0, 1, 1, 1, 0}, 3);
  EXPECT_EQ(scores.count, 6);
  EXPECT_DOUBLE_EQ(scores.accuracy, 4.0 / 6);
  EXPECT_DOUBLE_EQ(scores.balanced_accuracy, (2.0 / 3 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(scores.macro_f1, (4.0 / 6 + 4.0 / 5 + 0) / 3);
  EXPECT_THAT(scores.confusion,
              ElementsAre(ElementsAre(2, 1, 0), ElementsAre(0, 2, 0), ElementsAre(1, 0, 0)));
}

TEST(ClassScores, CountClassesOnlyWhereTheyOccur) {
  const auto scores = class_scores(Places{0, 0, 1}, Places{0, 0, 3}, 5);
  EXPECT_DOUBLE_EQ(scores.balanced_accuracy, 0.5);  // of 0 and 1
  EXPECT_DOUBLE_EQ(scores.macro_f1, 1.0 / 3);       // of 0, 1 and 3
}

TEST(ClassScores, LeaveOutWhatHasNoTruth) {
  const auto scores = class_scores(Places{missing_class, 1, 0}, Places{1, 1, 1}, 2);
  EXPECT_EQ(scores.count, 2);
  EXPECT_DOUBLE_EQ(scores.accuracy, 0.5);
  const auto none = class_scores(Places{missing_class}, Places{0}, 2);
  EXPECT_EQ(none.count, 0);
  EXPECT_TRUE(std::isnan(none.accuracy) && std::isnan(none.balanced_accuracy) && std::isnan(none.macro_f1));
}

TEST(ClassScores, KnowNoClassesBeyondTheirCount) {
  EXPECT_THROW(class_scores(Places{2}, Places{0}, 2), std::logic_error);
  EXPECT_THROW(class_scores(Places{0}, Places{-1}, 2), std::logic_error);
  EXPECT_THROW(class_scores(Places{-2}, Places{0}, 2), std::logic_error);
  EXPECT_THROW(log_loss(Places{2}, Numbers{0, 1}, 2), std::logic_error);
}

TEST(LogLoss, IsTheMeanSurpriseAtTheTruth) {
  EXPECT_DOUBLE_EQ(log_loss(Places{0, 1, missing_class}, Numbers{0.5, 0.5, 0.75, 0.25, 0, 0}, 2),
                   std::log(8.0) / 2);
  EXPECT_EQ(log_loss(Places{0}, Numbers{0, 1}, 2), HUGE_VAL);
  EXPECT_TRUE(std::isnan(log_loss(Places{}, Numbers{}, 2)));
}

}  // namespace
}  // namespace carousel::test
