// Where an update broke, in words.
#pragma once

#include <string>
#include <vector>

#include <torch/types.h>

#include "carousel/train/trainer.h"

namespace carousel {

/// Where an update starts from, besides the weights.
struct Trainer::Start {
  torch::Tensor generator;
  std::vector<torch::Tensor> carried;
};

// What to do, which depends on what would be the same again after a resume from the weights before.

/// The same weights and batch give the same numbers, at whatever rate.
inline constexpr const char* after_a_bad_gradient =
    "--resume the run with --on-nonfinite skip to leave this batch out; if the weights have grown too large, "
    "start anew with a lower --lr or --clip-norm, --init-recurrent orthogonal, or --on-nonfinite back";
/// A shorter step is another.
inline constexpr const char* after_a_bad_step = "--resume the run with a lower --lr";
inline constexpr const char* after_a_bad_validation =
    "the weights have grown too large: start anew with a lower --lr or --clip-norm, or with "
    "--on-nonfinite back, which goes back to the validation before and on at a lower rate";

inline constexpr const char* after_too_much_trouble =
    "that is as often as it may: start anew with a lower --lr or --clip-norm";

/// Update, loss, parameter, layer, gate and time step of a loss or gradient that is not finite, from the same
/// update run again with every time step observed.
std::string what_broke(const UpdateReport& report, const FlowRecord& replayed);

/// Of a finite gradient whose step was not.
std::string what_step_broke(const UpdateReport& report, const std::string& parameter);

}  // namespace carousel
