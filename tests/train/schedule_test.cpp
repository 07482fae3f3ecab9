#include "carousel/train/schedule.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "carousel/error.h"

namespace carousel {
namespace {

using testing::AllOf;
using testing::DoubleNear;
using testing::HasSubstr;
using testing::Pointwise;

std::vector<double> rates(const Schedule& schedule, std::int64_t updates) {
  std::vector<double> result;
  for (std::int64_t update = 0; update < updates; ++update) result.push_back(schedule.rate(update));
  return result;
}

void expect_equal(const std::vector<double>& actual, const std::vector<double>& expected) {
  EXPECT_THAT(actual, Pointwise(DoubleNear(1e-15), expected));
}

template <class Call> std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no Error)";
}

TEST(Schedule, WithoutOptionsIsTheBaseRateForEver) {
  expect_equal(rates(Schedule({}, 0.3), 3), {0.3, 0.3, 0.3});
  EXPECT_EQ(Schedule({}, 0.3).rate(1'000'000'000), 0.3);
}

TEST(Schedule, WarmsUpFromOneShareToTheBaseRate) {
  expect_equal(rates(Schedule({.warmup_updates = 4}, 0.4), 6), {0.1, 0.2, 0.3, 0.4, 0.4, 0.4});
}

// The values of the next five: torch 2.13's schedulers, printed before each step, base rate 0.1.
TEST(Schedule, StepsAsTorchsStepLR) {
  const Schedule schedule({.kind = ScheduleKind::step, .step_updates = 3, .gamma = 0.5}, 0.1);
  expect_equal(rates(schedule, 8), {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025});
}

TEST(Schedule, FollowsTorchsCosineAndStaysAtItsEnd) {
  const Schedule schedule({.kind = ScheduleKind::cosine, .total_updates = 5, .min_rate = 0.01}, 0.1);
  expect_equal(rates(schedule, 8), {0.1, 0.09140576474687263, 0.06890576474687263, 0.04109423525312736,
                                    0.018594235253127367, 0.01, 0.01, 0.01});
}

TEST(Schedule, DecaysAsTorchsExponentialLR) {
  const Schedule schedule({.kind = ScheduleKind::exponential, .gamma = 0.9}, 0.1);
  expect_equal(rates(schedule, 5), {0.1, 0.09, 0.081, 0.0729, 0.06561});
}

TEST(Schedule, BeginsTheCosineWhereTheWarmUpEndsAsTorchsSequentialLR) {
  const Schedule schedule(
      {.kind = ScheduleKind::cosine, .warmup_updates = 4, .total_updates = 10, .min_rate = 0.01}, 0.1);
  expect_equal(rates(schedule, 11), {0.025, 0.05, 0.075, 0.1, 0.1, 0.09397114317029975, 0.0775, 0.055, 0.0325,
                                     0.01602885682970026, 0.01});
}

const ScheduleOptions plateau{.kind = ScheduleKind::plateau,
                              .min_rate = 0.02,
                              .plateau_patience = 2,
                              .plateau_factor = 0.5,
                              .plateau_threshold = 1e-3};
const double nan_loss = std::nan("");
const std::vector<double> plateau_losses{3.0, 2.0, 2.0,      1.9999, 1.99, 2.5, 2.5, 2.5, 1.0, 1.0,
                                         1.0, 1.0, nan_loss, 1.0,    1.0,  1.0, 1.0, 1.0, 1.0};
const std::vector<double> plateau_rates{0.1,  0.1,  0.1,   0.1,   0.1,   0.1,  0.1,  0.1,  0.05, 0.05,
                                        0.05, 0.05, 0.025, 0.025, 0.025, 0.02, 0.02, 0.02, 0.02};

TEST(Schedule, FallsWhenTheLossStandsStillAsTorchsReduceLROnPlateau) {
  Schedule schedule(plateau, 0.1);
  std::vector<double> seen;
  for (std::size_t i = 0; i < plateau_losses.size(); ++i) {
    seen.push_back(schedule.rate(static_cast<std::int64_t>(i)));
    schedule.observe(plateau_losses[i]);
  }
  expect_equal(seen, plateau_rates);
}

TEST(Schedule, GoesOnFromItsSavedStateAtAnyMomentExactly) {
  for (std::size_t stop = 0; stop < plateau_losses.size(); ++stop) {
    Schedule first(plateau, 0.1);
    for (std::size_t i = 0; i < stop; ++i) first.observe(plateau_losses[i]);
    Schedule second(plateau, 0.1);
    second.load(nlohmann::json::parse(first.state().dump()));
    for (std::size_t i = stop; i < plateau_losses.size(); ++i) {
      EXPECT_EQ(second.rate(100), plateau_rates[i]) << "stopped at " << stop << ", validation " << i;
      second.observe(plateau_losses[i]);
    }
  }
}

TEST(Schedule, KeepsItsShareOfAnotherBaseRate) {
  Schedule first(plateau, 0.1);
  for (int i = 0; i < 4; ++i) first.observe(1.0);  // one fall
  Schedule second(plateau, 0.04);
  second.load(first.state());
  EXPECT_DOUBLE_EQ(second.rate(100), 0.02);
}

TEST(Schedule, CanBeSavedWhateverTheLossesWere) {
  Schedule schedule(plateau, 0.1);
  for (const double loss : {nan_loss, HUGE_VAL, -HUGE_VAL}) schedule.observe(loss);
  Schedule resumed(plateau, 0.1);
  resumed.load(nlohmann::json::parse(schedule.state().dump()));
  EXPECT_EQ(resumed.rate(0), schedule.rate(0));
  EXPECT_EQ(resumed.rate(0), 0.05);
}

TEST(Schedule, OtherThanPlateauDoesNotListen) {
  Schedule schedule({.kind = ScheduleKind::exponential, .gamma = 0.9}, 0.1);
  for (int i = 0; i < 50; ++i) schedule.observe(1.0);
  EXPECT_DOUBLE_EQ(schedule.rate(1), 0.09);
}

TEST(Schedule, NeverFallsBelowTheLeastRate) {
  EXPECT_EQ(Schedule({.kind = ScheduleKind::exponential, .gamma = 0.5, .min_rate = 0.03}, 0.1).rate(50),
            0.03);
  EXPECT_EQ(
      Schedule({.kind = ScheduleKind::step, .step_updates = 1, .gamma = 0.5, .min_rate = 0.03}, 0.1).rate(50),
      0.03);
}

TEST(Schedule, NamesTheOptionThatIsOutOfRange) {
  const double inf = std::numeric_limits<double>::infinity();
  struct Case {
    ScheduleOptions options;
    double base;
    std::string option, value;
  };
  const std::vector<Case> cases{
      {{}, 0.0, "--lr", "is 0,"},
      {{}, -0.1, "--lr", "-0.1"},
      {{}, inf, "--lr", "inf"},
      {{}, nan_loss, "--lr", "nan"},
      {{.warmup_updates = -1}, 0.1, "--warmup", "-1"},
      {{.min_rate = 0.2}, 0.1, "--min-lr", "0.2"},
      {{.min_rate = -0.2}, 0.1, "--min-lr", "-0.2"},
      {{.gamma = 0}, 0.1, "--schedule-gamma", "is 0,"},
      {{.gamma = 1.5}, 0.1, "--schedule-gamma", "1.5"},
      {{.step_updates = 0}, 0.1, "--schedule-step", "is 0,"},
      {{.plateau_patience = -3}, 0.1, "--plateau-patience", "-3"},
      {{.plateau_factor = 1}, 0.1, "--plateau-factor", "is 1,"},
      {{.plateau_threshold = nan_loss}, 0.1, "--plateau-threshold", "nan"},
      {{.kind = ScheduleKind::cosine}, 0.1, "--schedule cosine", "0 updates"},
      {{.kind = ScheduleKind::cosine, .warmup_updates = 9, .total_updates = 9}, 0.1, "--warmup", "is 9"},
  };
  for (const Case& wrong : cases) {
    EXPECT_THAT(error_of([&] { Schedule(wrong.options, wrong.base); }),
                AllOf(HasSubstr(wrong.option), HasSubstr(wrong.value)));
  }
}

TEST(Schedule, RefusesAStateOfAnotherKindOrADamagedOne) {
  Schedule schedule(plateau, 0.1);
  EXPECT_THAT(error_of([&] { schedule.load(Schedule({}, 0.1).state()); }),
              AllOf(HasSubstr("'constant'"), HasSubstr("--schedule constant")));
  for (const char* damaged :
       {"null", "{}", "[]", R"({"kind":"plateau"})",
        R"({"kind":"plateau","base_rate":0.1,"rate":"x","bad_validations":0})",
        R"({"kind":"plateau","base_rate":0.1,"rate":-1,"bad_validations":0})",
        R"({"kind":"plateau","base_rate":0.1,"rate":0.1,"bad_validations":-1})",
        R"({"kind":"plateau","base_rate":0.1,"rate":0.1,"bad_validations":0,"best_loss":null})",
        R"({"kind":"plateau","base_rate":0.05,"rate":0.1,"bad_validations":0})"}) {
    EXPECT_THAT(error_of([&] { schedule.load(nlohmann::json::parse(damaged)); }),
                HasSubstr("another checkpoint"))
        << damaged;
  }
  EXPECT_EQ(schedule.rate(0), 0.1);
}

TEST(Schedule, IsKnownByItsName) {
  for (const std::string& name : schedule_names()) EXPECT_EQ(schedule_name(parse_schedule_kind(name)), name);
  EXPECT_THAT(error_of([] { parse_schedule_kind("cosin"); }), HasSubstr("did you mean 'cosine'?"));
}

}  // namespace
}  // namespace carousel
