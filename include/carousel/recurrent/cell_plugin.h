// What a shared object that was compiled from a cell's file hands to the program. This header needs no tensor.
#pragma once

#include <cstdint>
#include <string_view>

#include "carousel/recurrent/recorded_cell.h"
#include "carousel/version.h"

namespace carousel {

namespace detail {

constexpr std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  return (hash ^ value) * 0x100000001b3;  // FNV-1a
}

/// Asks in one sentence for what a plug-in's cell must be.
template <DerivableCell Cell> RecordedCell plugin_cell() {
  return recorded_cell<Cell>();
}

}  // namespace detail

/// Equal where program and plug-in agree about all that passes between them: of another version nothing else is read.
inline constexpr std::uint64_t cell_plugin_abi = [] {
  constexpr int layout = 1;  // to be raised when a structure changes and keeps its size
  std::uint64_t hash = detail::mixed(0xcbf29ce484222325, layout);
  for (const char c : std::string_view(CAROUSEL_VERSION))
    hash = detail::mixed(hash, static_cast<unsigned char>(c));
  for (const auto size : {sizeof(CellFacts), sizeof(Readings), sizeof(fused::FusedCell), sizeof(fused::Node),
                          sizeof(UnitStep), sizeof(fused::StepRows<float>)})
    hash = detail::mixed(hash, size);
  return hash;
}();

}  // namespace carousel

/// At the end of a plug-in's one source: exports the cell.
#define CAROUSEL_EXPORT_CELL(Cell)                                                                  \
  extern "C" __attribute__((visibility("default"))) const std::uint64_t carousel_cell_abi =         \
      carousel::cell_plugin_abi;                                                                    \
  extern "C" __attribute__((visibility("default"))) const carousel::RecordedCell* carousel_cell() { \
    static const carousel::RecordedCell cell = carousel::detail::plugin_cell<Cell>();               \
    return &cell;                                                                                   \
  }
