// How a SequenceModel is built. This header needs no tensor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "carousel/cells/recurrence.h"
#include "carousel/recurrent/engine.h"
#include "carousel/recurrent/noise.h"

namespace carousel {

/// How the model is built; sizes of input and output come from the task's facts.
struct ModelOptions {
  std::string cell = "lstm";
  std::int64_t hidden = 64;
  std::int64_t layers = 1;
  bool bidirectional = false;
  double dropout = 0.0;        ///< between layers
  std::int64_t embedding = 0;  ///< size of a learned embedding of tokens; 0: one-hot
  Engine engine = Engine::automatic;
  bool save_memory = false;                   ///< RecurrentOptions::save_memory
  std::optional<Recurrence> recurrence = {};  ///< RecurrentOptions::recurrence
  bool learn_start = false;                   ///< RecurrentOptions::learn_start
  Noise noise = {};                           ///< RecurrentOptions::noise
};

}  // namespace carousel
