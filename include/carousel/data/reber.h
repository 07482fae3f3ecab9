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

/// Strings one after the other without an end (Gers, Schmidhuber & Cummins 2000): after the closing E only the B that
/// opens the next may follow.
struct ReberStream {
  std::string symbols;             // over reber_alphabet
  std::vector<std::uint8_t> next;  // after each symbol, the mask of those that may follow
  std::vector<int> ended;          // at a closing E the length of its string, else 0
};

/// The symbols `first` ... `first` + `steps` - 1 of the stream of an id: a pure function of its arguments, whose pieces fit
/// on each other. Throws Error unless inner is 1 to 1,000, first at least 0 and first + steps from 1 to 10^8.
ReberStream reber_stream(int inner, std::int64_t first, std::int64_t steps, const BatchId& id);

/// How long a string is in the mean: four symbols and `inner` Reber strings of exactly eight.
double reber_mean_length(int inner);

/// Whether a string is a whole embedded Reber string. Throws Error unless inner is 1 to 1,000.
bool is_legal_reber(std::string_view string, int inner = 1);

}  // namespace carousel
