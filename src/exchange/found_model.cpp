#include "carousel/exchange/found_model.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/recurrent_base.h"
#include "carousel/text.h"
#include "carousel/torch.h"

#include "exchange/fitting_cell.h"
#include "exchange/recurrent_entries.h"

namespace carousel {
namespace {

using torch::Tensor;

/// What a Linear or an Embedding is made of.
struct Matrix {
  std::string name;  ///< without ".weight"
  Tensor weight, bias;
};

/// The matrices among the entries with their biases, which are taken out.
std::vector<Matrix> take_matrices(TensorMap& entries) {
  std::vector<Matrix> found;
  const std::string ending = "weight";
  for (const auto& [name, tensor] : entries) {
    const bool named = name == ending || name.ends_with("." + ending);
    if (!named || tensor.dim() != 2) continue;
    Matrix matrix{name.substr(0, name.size() - ending.size()), tensor, {}};
    const auto bias = entries.find(matrix.name + "bias");
    const bool fits =
        bias != entries.end() && bias->second.dim() == 1 && bias->second.size(0) == tensor.size(0);
    if (fits) matrix.bias = bias->second;
    found.push_back(matrix);
  }
  // A matrix with a bias can only be the head: it takes its place first.
  std::stable_partition(found.begin(), found.end(),
                        [](const Matrix& matrix) { return matrix.bias.defined(); });
  for (const Matrix& matrix : found) {
    entries.erase(matrix.name + ending);
    if (matrix.bias.defined()) entries.erase(matrix.name + "bias");
  }
  return found;
}

bool sounds_like_embedding(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array words{"emb", "lookup", "encoder", "wte"};
  return std::ranges::any_of(words, [&](const char* word) { return name.find(word) != std::string::npos; });
}

std::int64_t width_of(const FoundModel& model) {
  return (model.bidirectional ? 2 : 1) * model.hidden_size;
}

/// Two matrices that could each be embedding or head are told apart by their names, or not at all.
void refuse_ambiguous(const std::vector<Matrix>& matrices, const FoundModel& model,
                      const std::string& source) {
  if (model.input_size != width_of(model)) return;
  std::vector<std::string> either;
  std::ptrdiff_t embeddings = 0;
  for (const Matrix& matrix : matrices) {
    if (matrix.weight.size(1) != model.input_size) continue;
    if (matrix.bias.defined()) return;
    either.push_back(matrix.name + "weight");
    if (sounds_like_embedding(matrix.name)) ++embeddings;
  }
  if (either.size() != 2 || embeddings == 1) return;
  throw Error(
      fmt::format("{} holds {}, each of which could be the embedding or the head: name one of them "
                  "embedding.weight",
                  source, listed(either)));
}

/// Puts a matrix in its place in the model; returns whether it has one.
bool place(const Matrix& matrix, FoundModel& model) {
  const bool may_embed =
      !matrix.bias.defined() && matrix.weight.size(1) == model.input_size && model.tokens == 0;
  const bool may_answer = matrix.weight.size(1) == width_of(model) && model.outputs == 0;
  if (may_embed && (!may_answer || sounds_like_embedding(matrix.name))) {
    model.tokens = matrix.weight.size(0);
    model.weights["embedding.weight"] = matrix.weight;
    model.places["embedding"] = matrix.name;
    return true;
  }
  if (!may_answer) return false;
  model.outputs = matrix.weight.size(0);
  model.weights["head.weight"] = matrix.weight;
  model.places["head"] = matrix.name;
  const auto type = matrix.weight.options();
  model.weights["head.bias"] = matrix.bias.defined() ? matrix.bias : torch::zeros({model.outputs}, type);
  if (!matrix.bias.defined()) model.notes.push_back("the head has no bias: it was set to zero");
  return true;
}

/// Embedding and head, from what the recurrent module leaves.
void place_the_rest(TensorMap rest, FoundModel& model, const std::string& source) {
  std::vector<std::string> left;
  const std::vector<Matrix> matrices = take_matrices(rest);
  refuse_ambiguous(matrices, model, source);
  for (const Matrix& matrix : matrices) {
    if (!place(matrix, model))
      left.push_back(fmt::format("{}weight {}", matrix.name, shape_text(matrix.weight)));
  }
  for (const auto& [name, tensor] : rest) left.push_back(fmt::format("{} {}", name, shape_text(tensor)));
  if (left.empty()) return;
  throw Error(
      fmt::format("{} holds more than a recurrent module with inputs of size {}, an embedding and one linear "
                  "head from {}: "
                  "{}; a model that computes with these cannot become a run, save it without them",
                  source, model.input_size, width_of(model), listed(left)));
}

void check_numbers(const TensorMap& entries, const std::string& source) {
  for (const auto& [name, tensor] : entries) {
    if (!tensor.is_floating_point()) {
      throw Error(fmt::format("{} holds {} as {}: weights must be floating point numbers", source, name,
                              c10::toString(tensor.scalar_type())));
    }
    if (torch::isfinite(tensor.to(torch::kFloat)).all().item<bool>()) continue;
    throw Error(
        fmt::format("{} holds numbers in {} that are not finite, or too large for a float", source, name));
  }
}

void note_the_place(const RecurrentEntries& found, FoundModel& model) {
  model.places["recurrent"] = found.prefix;
  if (found.modules.size() == 1) return;
  std::vector<std::string> names;
  for (const auto& module : found.modules) names.push_back(without_dot(module.prefix));
  model.notes.push_back(
      fmt::format("the recurrent modules {} are read as one stack of {} layers, in this order", listed(names),
                  found.layers));
}

}  // namespace

FoundModel find_model(const TensorMap& entries, const CellRegistry& cells, const std::string& source,
                      const std::string& cell, std::int64_t hidden) {
  if (!cell.empty()) cells.find(cell);  // an unknown name is told with the nearest
  TensorMap rest = entries;
  const RecurrentEntries found = take_recurrent(rest, source);
  if (hidden > 0 && found.hidden_size > 0 && hidden != found.hidden_size) {
    throw Error(fmt::format("{} holds a recurrent module of {} units, and --hidden is {}: leave it out",
                            source, found.hidden_size, hidden));
  }
  FoundModel model{.cell = {},
                   .input_size = found.input_size,
                   .recurrence = found.recurrence,
                   .layers = found.layers,
                   .bidirectional = found.bidirectional,
                   .learn_start = found.learn_start};
  note_the_place(found, model);
  FittingCell fitting = choose_cell(found, cells, {cell, hidden}, source);
  model.cell = std::move(fitting.name);
  if (cell.empty()) model.other_cells = std::move(fitting.others);
  const auto options = options_of(found, cells.find(model.cell).facts);
  model.hidden_size = options.hidden_size();
  if (found.hidden_size == 0 && cell.empty() && hidden == 0) {
    model.notes.push_back(fmt::format(
        "no shape tells the number of units: read as {} of {} units; if it is another cell with another "
        "recurrence than its own, give --cell",
        model.cell, model.hidden_size));
  }
  const auto whole = cells.make(
      model.cell, RecurrentOptions(options).num_layers(model.layers).bidirectional(model.bidirectional));
  model.weights = complete(found, state_dict(*whole), source, model.notes);
  place_the_rest(std::move(rest), model, source);
  check_numbers(model.weights, source);
  return model;
}

}  // namespace carousel
