#include "exchange/measured_entries.h"

#include <algorithm>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/recurrent/recurrent_product.h"
#include "carousel/torch.h"

#include "exchange/entry_name.h"

namespace carousel {
namespace {

using torch::Tensor;

/// The entry of a layer that is the matrix of that kind, in a module or by itself; its end where there is none.
TensorMap::const_iterator matrix_of(const RecurrentEntries& found, const std::string& kind,
                                    const std::string& place) {
  const auto plain = found.entries.find(kind + place);
  return plain != found.entries.end() ? plain : found.entries.find(fmt::format("cell{}.{}", place, kind));
}

bool has_recurrent_weights(const RecurrentEntries& found) {
  return std::ranges::any_of(found.entries,
                             [](const auto& e) { return e.first.find("weight_hh") != std::string::npos; });
}

/// The first layer's matrix of that kind.
const Tensor& first_matrix(const RecurrentEntries& found, const std::string& kind,
                           const std::string& source) {
  const auto entry = matrix_of(found, kind, "_l0");
  if (entry == found.entries.end())
    throw Error(
        fmt::format("{} lacks {}{}_l0: the recurrent module is not whole", source, found.prefix, kind));
  const Tensor& matrix = entry->second;
  const bool input = kind == "weight_ih";
  if (matrix.numel() > 0 && matrix.dim() >= (input ? 2 : 1) && matrix.dim() <= (input ? 2 : 3)) return matrix;
  throw Error(fmt::format("{} holds {}{} of shape {}: a weight matrix has 2 dimensions{}", source,
                          found.prefix, entry->first, shape_text(matrix),
                          input ? "" : ", 3 of heads and 1 of a diagonal recurrence"));
}

/// Every layer and direction up to the last has recurrent weights, of the same shape, or where there are none input
/// weights: checked before a module of that size is made.
void check_layers(const RecurrentEntries& found, const std::string& source) {
  const bool recurrent = has_recurrent_weights(found);
  const std::string kind = recurrent ? "weight_hh" : "weight_ih";
  const Tensor& first = first_matrix(found, kind, source);
  std::vector<std::string> missing;
  for (std::int64_t layer = 0; layer < found.layers; ++layer) {
    for (const char* direction : {"", "_reverse"}) {
      if (*direction != '\0' && !found.bidirectional) continue;
      const std::string place = fmt::format("_l{}{}", layer, direction);
      const auto entry = matrix_of(found, kind, place);
      if (entry == found.entries.end()) {
        missing.push_back(fmt::format("{}{}{}", found.prefix, kind, place));
      } else if (recurrent && entry->second.sizes() != first.sizes()) {
        throw Error(fmt::format("in {} {}{} is {} and the first layer's {}: all must have the same shape",
                                source, found.prefix, entry->first, shape_text(entry->second),
                                shape_text(first)));
      }
    }
  }
  if (missing.empty()) return;
  throw Error(
      fmt::format("{} holds a recurrent module that is not whole; missing: {}", source, listed(missing)));
}

/// H where weight_hh does not tell it, 0 where nothing does.
std::int64_t told_by_others(const RecurrentEntries& found) {
  for (const auto& [entry, tensor] : found.entries) {
    const auto name = EntryName::of(entry);
    const bool weight = name->stem.ends_with("_ih") || name->stem.ends_with("_hh");
    if (!weight && name->rest.empty() && tensor.dim() == 1) return tensor.size(0);
  }
  const auto above = found.entries.find("weight_ih_l1");
  if (above == found.entries.end() || above->second.dim() != 2) return 0;
  return above->second.size(1) / (found.bidirectional ? 2 : 1);
}

}  // namespace

void measure(RecurrentEntries& found, const std::string& source) {
  check_layers(found, source);
  const Tensor& input = first_matrix(found, "weight_ih", source);
  const Tensor recurrent = has_recurrent_weights(found) ? first_matrix(found, "weight_hh", source) : Tensor();
  found.rows = input.size(0);
  found.input_size = input.size(1);
  found.recurrence = recurrence_of(recurrent);
  const auto form = found.recurrence.form;
  std::int64_t rows = found.rows;
  if (form == Recurrence::Form::full) found.hidden_size = recurrent.size(1), rows = recurrent.size(0);
  if (form == Recurrence::Form::heads) {
    found.hidden_size = recurrent.size(0) * recurrent.size(2);
    rows = recurrent.size(0) * recurrent.size(1);
  }
  if (form == Recurrence::Form::diagonal) rows = recurrent.size(0);
  if (form == Recurrence::Form::diagonal || form == Recurrence::Form::none)
    found.hidden_size = told_by_others(found);
  const bool whole = found.hidden_size == 0 || rows % found.hidden_size == 0;
  if (!whole || rows != found.rows) {
    throw Error(fmt::format(
        "in {} the first layer's weights are {} and {}: both must have the same number of rows{}", source,
        shape_text(input), recurrent.defined() ? shape_text(recurrent) : "none of the recurrence",
        found.hidden_size > 0 ? fmt::format(", a multiple of the {} units", found.hidden_size) : ""));
  }
  found.blocks = found.hidden_size > 0 ? rows / found.hidden_size : 0;
  found.learn_start = found.entries.contains("start_h_l0");
  found.bias = found.entries.contains("cell_l0.weight_hh") ||
               std::ranges::any_of(found.entries, [](const auto& e) { return is_bias(e.first); });
}

}  // namespace carousel
