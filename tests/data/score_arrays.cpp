// score_arrays   reads requests from its input, a JSON object a line, and answers each with a line: what the tests in
// Python compare with the packages that everybody scores and scales with. null is NaN, both ways.
#include <cstdint>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "carousel/data/forecast_scores.h"
#include "carousel/data/scaling.h"
#include "carousel/data/time_axis.h"
#include "carousel/error.h"

namespace {

using nlohmann::json;

double number(const json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

std::vector<double> numbers(const json& request, const char* key) {
  std::vector<double> result;
  for (const auto& value : request.at(key)) result.push_back(number(value));
  return result;
}

std::vector<std::int64_t> places(const json& request, const char* key) {
  return request.at(key).get<std::vector<std::int64_t>>();
}

json score_numbers(const json& request) {
  const auto truth = numbers(request, "truth"), forecast = numbers(request, "forecast");
  const auto scores = carousel::number_scores(truth, forecast);
  return {{"count", scores.count},
          {"mae", scores.mae},
          {"mse", scores.mse},
          {"rmse", scores.rmse},
          {"smape", scores.smape},
          {"bias", scores.bias},
          {"r2", scores.r2},
          {"coverage", carousel::coverage(truth, forecast)},
          {"pinball", carousel::pinball(truth, forecast, request.at("quantile"))}};
}

json score_classes(const json& request) {
  const auto scores =
      carousel::class_scores(places(request, "truth"), places(request, "answer"), request.at("classes"));
  return {{"count", scores.count},
          {"accuracy", scores.accuracy},
          {"balanced_accuracy", scores.balanced_accuracy},
          {"macro_f1", scores.macro_f1},
          {"confusion", scores.confusion}};
}

json log_loss(const json& request) {
  return carousel::log_loss(places(request, "truth"), numbers(request, "probabilities"),
                            request.at("classes"));
}

json mase_scale(const json& request) {
  return carousel::mase_scale(numbers(request, "training"), request.at("season"), places(request, "starts"));
}

json scale(const json& request) {
  const auto values = numbers(request, "values");
  const auto scaling =
      carousel::Scaling::fit(carousel::parse_scaling(request.at("kind")), values, request.at("log1p"), "it");
  json scaled = json::array();
  for (const double value : values) scaled.push_back(scaling.scale(value));
  return {{"scaling", scaling.to_json()}, {"scaled", scaled}};
}

json times(const json& request) {
  json answers = json::array();
  for (const auto& text : request.at("texts")) {
    const auto seconds = carousel::parse_time(text.get<std::string>());
    if (!seconds) {
      answers.push_back(nullptr);
      continue;
    }
    json answer{{"seconds", *seconds}, {"text", carousel::format_time(*seconds)}};
    for (const auto& name : carousel::calendar_names())
      answer[name] = carousel::calendar_place(name, *seconds);
    answer["after"] = carousel::TimeStep{.months = request.at("months")}.after(*seconds, request.at("count"));
    answers.push_back(answer);
  }
  return answers;
}

const std::map<std::string, std::function<json(const json&)>> answers{
    {"numbers", score_numbers}, {"classes", score_classes}, {"log_loss", log_loss},
    {"mase_scale", mase_scale}, {"scale", scale},           {"times", times}};

}  // namespace

int main() {
  try {
    for (std::string line; std::getline(std::cin, line);) {
      const auto request = json::parse(line);
      std::cout << answers.at(request.at("what"))(request).dump() << std::endl;
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
