// The embedded Reber grammar: strings whose last symbol but one repeats the second, however long the middle is.
//
//   embedded:  B -> T or P -> `inner` Reber strings in a row -> the same T or P -> E
//   Reber:     B -> 1     1: T -> 2, P -> 3     2: S -> 2, X -> 4     3: T -> 3, V -> 5
//              4: X -> 3, S -> 6     5: P -> 4, V -> 6     6: E
// Where two symbols may follow, each has probability 1/2. With inner = 1 it is the classic problem
// (Hochreiter & Schmidhuber 1997, after Cleeremans, Servan-Schreiber & McClelland 1989); a larger one asks
// for a longer memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carousel/data/random.h"

namespace carousel {

/// The alphabet; a symbol's token, and its bit in a mask, is its place.
inline constexpr std::string_view reber_alphabet = "BTPSXVE";

struct ReberString {
  std::string symbols;  // over reber_alphabet, from B to the closing E
  // After each symbol, the mask of those that may follow; 0 after the closing E.
  std::vector<std::uint8_t> next;
};

/// The embedded Reber string number id.index of a part under a seed: a pure function of its arguments.
/// Throws Error unless inner is 1 to 1,000.
ReberString reber_string(int inner, const BatchId& id);

/// Whether a string is a whole embedded Reber string. Throws Error unless inner is 1 to 1,000.
bool is_legal_reber(std::string_view string, int inner = 1);

}  // namespace carousel
