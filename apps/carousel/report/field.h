// Heat maps of the report: what norms.jsonl holds for every time step, over the recorded updates.
#pragma once

#include "report/run.h"

namespace carousel::cli {

/// "layer 0", or "layer 0 reverse", of an entry of norms.jsonl or analysis.json.
std::string layer_name(const nlohmann::json& layer);

/// The charts of dL/dh, of every other state's gradient and of the keep gate, a map a layer and run; maps of
/// one quantity have the same scale. A side of a map has at most most_cells cells, fewer when there are many maps.
nlohmann::json field_charts(const Runs& runs);

}  // namespace carousel::cli
