#include "carousel/data/scaling.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "carousel/data/random.h"
#include "carousel/data/table.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Scaling fitted(ScalingKind kind, const std::vector<double>& values, bool log1p = false) {
  return Scaling::fit(kind, values, log1p, "the column 'x'");
}

std::string refusal(const std::vector<double>& values, bool log1p = false,
                    ScalingKind kind = ScalingKind::standard) {
  return message_of([&] { fitted(kind, values, log1p); });
}

TEST(Scaling, HasTheOffsetAndWidthOfItsKind) {
  const std::vector<double> values{4, missing, 1, 2, 10, 3};
  EXPECT_EQ(fitted(ScalingKind::standard, values), Scaling(4, std::sqrt(10.0)));
  EXPECT_EQ(fitted(ScalingKind::minmax, values), Scaling(1, 9));
  EXPECT_EQ(fitted(ScalingKind::robust, values), Scaling(3, 2));
  EXPECT_EQ(fitted(ScalingKind::robust, {4, 1, 2, 3}), Scaling(2.5, 1.5));
  EXPECT_EQ(fitted(ScalingKind::none, values), Scaling(0, 1));
}

TEST(Scaling, TakesTheLogarithmFirst) {
  const auto scaling = fitted(ScalingKind::minmax, {0, std::expm1(2)}, true);
  EXPECT_DOUBLE_EQ(scaling.offset(), 0);
  EXPECT_DOUBLE_EQ(scaling.width(), 2);
  EXPECT_DOUBLE_EQ(scaling.scale(std::expm1(1)), 0.5);
  EXPECT_DOUBLE_EQ(scaling.unscale(0.5), std::expm1(1));
}

TEST(Scaling, MakesAConstantColumnZero) {
  for (const auto kind : {ScalingKind::standard, ScalingKind::minmax, ScalingKind::robust}) {
    for (const double value : {0.0, 0.1, -1e9, 1e300}) {
      const auto scaling = fitted(kind, std::vector<double>(7, value));
      EXPECT_EQ(scaling.width(), 1) << value;
      EXPECT_NEAR(scaling.scale(value), 0, std::abs(value) * 1e-15);
    }
    EXPECT_EQ(fitted(kind, {1e9, 1e9 + 1e-6, 1e9, 1e9 + 1e-6}).width(), 1);  // 1e-15 of the size: rounding
    EXPECT_LT(fitted(kind, {1e9, 1e9 + 1e-3, 1e9, 1e9 + 1e-3}).width(), 2e-3);
    EXPECT_LT(fitted(kind, {1e-200, 2e-200, 3e-200}).width(), 2.1e-200)
        << "small values are no rounding of anything";
  }
}

TEST(Scaling, HasTheMeanOfAMillionValuesWithoutTheRoundingOfTheirSum) {
  EXPECT_DOUBLE_EQ(fitted(ScalingKind::standard, std::vector<double>(1'000'000, 0.1)).offset(), 0.1);
}

TEST(Scaling, KeepsSecondsSince1970Apart) {
  std::vector<double> times;
  for (int i = 0; i < 100'000; ++i) times.push_back(1'467'331'200 + 0.5 * i);
  const auto scaling = fitted(ScalingKind::standard, times);
  EXPECT_DOUBLE_EQ(scaling.offset(), 1'467'331'200 + 0.5 * 99'999 / 2);
  EXPECT_NEAR(scaling.width(), 0.5 * std::sqrt((1e10 - 1) / 12), 1e-9);
}

TEST(Scaling, IsUndone) {
  Random random({.seed = 7}, 1);
  for (const auto kind :
       {ScalingKind::standard, ScalingKind::minmax, ScalingKind::robust, ScalingKind::none}) {
    for (const bool log1p : {false, true}) {
      std::vector<double> values;
      for (int i = 0; i < 200; ++i) values.push_back(1000.0 * random.unit() * random.unit());
      const auto scaling = fitted(kind, values, log1p);
      for (const double value : values) {
        ASSERT_NEAR(scaling.unscale(scaling.scale(value)), value, 1e-12 * (1 + value));
      }
    }
  }
}

TEST(Scaling, LeavesWhatIsMissingMissing) {
  EXPECT_TRUE(std::isnan(Scaling(1, 2).scale(missing)));
  EXPECT_TRUE(std::isnan(Scaling(1, 2, true).scale(missing)));
  EXPECT_TRUE(std::isnan(Scaling(1, 2, true).unscale(missing)));
}

TEST(Scaling, DoesNotTurnWhatHasNoLogarithmIntoAMissingValue) {
  EXPECT_THAT(refusal({1, -1}, true), AllOf(HasSubstr("the column 'x' holds -1"), HasSubstr("above -1")));
  EXPECT_THAT(refusal({1, -3.5}, true), HasSubstr("holds -3.5"));
  EXPECT_THAT(message_of([] { Scaling(0, 1, true).scale(-2); }),
              AllOf(HasSubstr("-2"), HasSubstr("above -1")));
  EXPECT_THAT(message_of([] { Scaling(0, 1, true).scale(-1); }), HasSubstr("-1 cannot"));
  EXPECT_DOUBLE_EQ(Scaling(0, 1, true).scale(-0.5), std::log(0.5));
}

TEST(Scaling, RefusesWhatItCannotFit) {
  EXPECT_THAT(refusal({}), HasSubstr("the column 'x' holds no value"));
  EXPECT_THAT(refusal({missing, missing}), HasSubstr("all are missing"));
  EXPECT_THAT(refusal({1, HUGE_VAL}), HasSubstr("the column 'x' holds inf"));
  EXPECT_THAT(refusal({missing}, false, ScalingKind::none), HasSubstr("all are missing"));
  for (const auto kind : {ScalingKind::minmax, ScalingKind::robust}) {
    EXPECT_THAT(refusal({-1.5e308, 1.5e308, -1.5e308, 1.5e308}, false, kind),
                HasSubstr("from -1.5e+308 to 1.5e+308, which is too much"));
  }
  EXPECT_THAT(refusal({1.5e308, 1.6e308}), HasSubstr("too much"));
}

TEST(Scaling, GoesThroughJsonUnchanged) {
  for (const auto& scaling : {Scaling(), Scaling(0.1, 1.0 / 3), Scaling(-1e300, 5e-324, true)}) {
    EXPECT_EQ(Scaling::from_json(nlohmann::json::parse(scaling.to_json().dump())), scaling);
  }
}

TEST(Scaling, ReadsNoJsonThatItDoesNotWrite) {
  for (const auto* text :
       {R"({})", R"([])", R"(null)", R"("x")", R"({"offset": 1, "width": 2})",
        R"({"offset": 1, "log1p": false})", R"({"offset": "1", "width": 2, "log1p": false})",
        R"({"offset": 1, "width": true, "log1p": false})", R"({"offset": 1, "width": 2, "log1p": 1})",
        R"({"offset": null, "width": 2, "log1p": false})", R"({"offset": 1, "width": 0, "log1p": false})",
        R"({"offset": 1, "width": -1, "log1p": false})"}) {
    EXPECT_THAT(message_of([&] { Scaling::from_json(nlohmann::json::parse(text)); }), HasSubstr("a scaling"))
        << text;
  }
  EXPECT_THAT(message_of([] { Scaling::from_json({{"offset", missing}, {"width", 1}, {"log1p", false}}); }),
              HasSubstr("nan"));
  EXPECT_THAT(message_of([] { Scaling(0, HUGE_VAL); }), HasSubstr("width inf"));
}

TEST(Scaling, IsNamed) {
  for (std::size_t i = 0; i < scaling_names().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(parse_scaling(scaling_names()[i])), i);
  }
  EXPECT_EQ(parse_scaling("robust"), ScalingKind::robust);
  EXPECT_THAT(message_of([] { parse_scaling("standart"); }), HasSubstr("did you mean 'standard'?"));
}

}  // namespace
}  // namespace carousel::test
