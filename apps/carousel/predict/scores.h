// What the answers to a table are worth, as JSON and as text.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "carousel/data/answers.h"

namespace carousel::cli {

/// Of numbers, for each target {"mae", "rmse", "smape", "bias", "r2", "mase", "scaled_mse", "scaled_mae", "pinball", "baseline": {...},
/// "by_horizon": [...]}; of several targets also "scaled_mse" and "scaled_mae" over them all. Of classes {"accuracy",
/// "balanced_accuracy", "macro_f1", "log_loss", "classes", "confusion"}. null where no truth is known.
nlohmann::json scores_json(const Answers& answers);
std::string scores_text(const nlohmann::json& scores);

}  // namespace carousel::cli
