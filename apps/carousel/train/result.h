// What a training came to, for stdout and meta.json.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "carousel/train/trainer.h"

namespace carousel::cli {

/// "finished", "early-stop", "target", "stopped".
std::string reason_name(StopReason reason);

/// {"update", "loss", "metric"}, or null.
nlohmann::json score_json(const std::optional<ValidationReport>& report);

/// The same summary as lines for a person.
std::string result_text(const nlohmann::json& summary);

}  // namespace carousel::cli
