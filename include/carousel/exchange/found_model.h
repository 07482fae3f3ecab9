// A model that was trained elsewhere, recognised from the names and shapes of its weights.
//
//   weights [G H, I] [G H, H] in blocks of H rows  ->  the cell with G gates, and its sizes
//   weight_hh [n, G d, d], [G H], none             ->  heads, a diagonal or no recurrence
//   ..._l0, ..._l0_reverse, ..._l1                 ->  layers and directions
//   lstm1..., lstm2... (lstm, lstm2; net.0, net.2)  ->  a stack of layers, in the order of the numbers
//   a matrix [tokens, I] without a bias            ->  the embedding
//   a matrix [K, D H]                              ->  the head
//
// Names are torch's, behind any prefix: those of nn.LSTM in a module ("encoder.rnn.weight_ih_l0"), in
// DataParallel ("module."), or by itself ("weight_ih_l0").
#pragma once

#include <map>
#include <string>
#include <vector>

#include "carousel/recurrent/cell_registry.h"
#include "carousel/train/state_dict.h"

namespace carousel {

struct FoundModel {
  std::string cell;
  std::vector<std::string> other_cells = {};  ///< whose weights have the same names and shapes
  std::int64_t input_size = 0;                ///< I, of the first layer
  std::int64_t hidden_size = 0;               ///< H
  Recurrence recurrence = {};
  std::int64_t layers = 0;
  bool bidirectional = false;
  bool learn_start = false;
  std::int64_t tokens = 0;   ///< rows of the embedding, 0: there is none
  std::int64_t outputs = 0;  ///< rows of the head, 0: there is none

  /// Under the names of SequenceModel: recurrent.weight_ih_l0, ..., embedding.weight, head.weight, head.bias.
  /// Biases that the file lacks are zero.
  TensorMap weights = {};
  std::map<std::string, std::string> places =
      {};  ///< what stands before the names of a part: "encoder.rnn."; of a stack, its first module's
  std::vector<std::string> notes = {};  ///< what was supplied or assumed, a sentence each
};

/// Recognises the model. `cell` is the cell's name where somebody knows it, else "": then, of several cells
/// that fit, torch's own (lstm, gru, rnn) is taken. Any cell of the registry is found, a user's own too; one with another
/// recurrence than its own only by its name. `hidden` is H where somebody knows it, else 0: without a recurrent matrix
/// or with a diagonal one the shapes may fit cells of several sizes.
/// Throws Error that lists them when there is no recurrent module, or several that are no stack, several cells fit, an entry is missing, of
/// another shape or not finite floating point, or entries are left over; `source` names where they come from.
FoundModel find_model(const TensorMap& entries, const CellRegistry& cells, const std::string& source,
                      const std::string& cell = "", std::int64_t hidden = 0);

}  // namespace carousel
