// A model's output as answers in the unit of the data.
#pragma once

#include "carousel/data/answers.h"

#include "tasks/series_loss.h"

namespace carousel {

void add_series_answers(const SeriesData& data, const SeriesLoss& loss, const torch::Tensor& output,
                        const Batch& batch, Split split, Answers& answers);

}  // namespace carousel
