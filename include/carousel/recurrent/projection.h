// A layer whose h is projected (torch's proj_size), as a layer without: what it is run on.
//
//   m' = the cell's h from W_ih x + W_hh h    h' = W_hr m'        weight_hh [G H, P], weight_hr [P, H]
//
// Since W_hh h = (W_hh W_hr) m, the layer is run with the recurrent matrix W_hh W_hr on the state m. Only an h that did not
// come from an m, a given one or a learned start, is read apart: as P inputs more, which are h there and 0 elsewhere, with W_hh
// as their weights (Sak, Senior & Beaufays 2014, "Long Short-Term Memory Recurrent Neural Network Architectures for Large Scale
// Acoustic Modeling").
#pragma once

#include "carousel/cells/layer_weights.h"
#include "carousel/recurrent/loop_engine.h"
#include "carousel/recurrent/packed_batch.h"

namespace carousel {

struct Unprojected {
  LayerCall call;
  PackedBatch batch;
  LayerWeights weights;
  std::vector<torch::Tensor> initial;  ///< S tensors [B, H], or empty for zeros
};

/// `initial` has h [B, P] and the other states [B, H], or is empty.
Unprojected unprojected(const LayerCall& call, const PackedBatch& batch, const LayerWeights& weights,
                        const std::vector<torch::Tensor>& initial);

}  // namespace carousel
