// Synthetic problems with a known answer: they ask for memory over a chosen number of steps, or for a state that every
// input moves, and for nothing else.
//
// Each function is pure: settings and BatchId give the batch. Within a batch the examples are drawn one after
// the other, so a larger batch starts with the same examples. All arrays are time-major; T steps, B batch. A
// setting outside its range, or a batch of more than 10^8 steps in all, throws Error with the range.
#pragma once

#include <cstdint>
#include <vector>

#include "carousel/data/permutations.h"
#include "carousel/data/random.h"

namespace carousel {

/// Adding (Hochreiter & Schmidhuber 1997, in the form of Le, Jaitly & Hinton 2015): of T numbers from U[0, 1)
/// one in each half is marked; the target is the sum of the two.
struct AddingSettings {
  int length = 100;  // T, 2 to 1,000,000; the first half is the steps before T / 2, rounded down
  int batch = 50;    // B, 1 to 100,000
};
struct AddingBatch {
  std::vector<float> inputs;   // [T, B, 2]: value, marker (0 or 1)
  std::vector<float> targets;  // [B], in [0, 2)
};
AddingBatch adding_batch(const AddingSettings& settings, const BatchId& id);

/// Mean squared error of always answering 1, the best constant: 2 Var U[0, 1) = 1/6.
double adding_baseline();

/// Copy memory (Arjovsky, Shah & Bengio 2016): ten symbols, `delay` - 1 blanks, a delimiter, ten blanks; the
/// target is blank until the last ten steps, which repeat the ten symbols. T = delay + 20.
///   input   s0 .. s9 | blank x (delay - 1) | delimiter | blank x 10
///   target  blank x (delay + 10)                       | s0 .. s9
struct CopySettings {
  int delay = 100;  // 1 to 1,000,000
  int batch = 20;   // B, 1 to 100,000
};
struct CopyBatch {
  int length = 0;                     // T
  std::vector<std::int32_t> inputs;   // [T, B], 0 to copy_classes - 1
  std::vector<std::int32_t> targets;  // [T, B], a symbol or copy_blank
};
inline constexpr int copy_symbols = 8;    // tokens 0 to 7
inline constexpr int copy_recalled = 10;  // how many are to be remembered
inline constexpr std::int32_t copy_blank = 8;
inline constexpr std::int32_t copy_delimiter = 9;
inline constexpr int copy_classes = 10;
CopyBatch copy_batch(const CopySettings& settings, const BatchId& id);

/// Mean cross-entropy a step, in nats, of the best answer without memory: 10 ln 8 / (delay + 20).
/// Throws Error if delay is outside its range.
double copy_baseline(int delay);

/// Temporal order (Hochreiter & Schmidhuber 1997, in the form of Pascanu, Mikolov & Bengio 2013): among
/// distractors c, d, e, f stands an A or B at a step in [0.1 L, 0.2 L) and another in [0.5 L, 0.6 L); the
/// class is their order.
struct OrderSettings {
  int length = 50;  // L = T, 10 to 1,000,000
  int batch = 20;   // B, 1 to 100,000
};
struct OrderBatch {
  std::vector<std::int32_t> inputs;   // [L, B]: A 0, B 1, c d e f 2 to 5
  std::vector<std::int32_t> targets;  // [B]: AA 0, AB 1, BA 2, BB 3
};
inline constexpr int order_symbols = 6;
inline constexpr int order_classes = 4;
OrderBatch order_batch(const OrderSettings& settings, const BatchId& id);

/// Cross-entropy in nats of guessing among the four classes: ln 4.
double order_baseline();

/// The word problem of a group (Merrill, Petty & Sabharwal 2024): every step brings an element, each equally likely, and
/// the target is the product of all so far, the new one done after the others: y_t = x_t y_(t - 1), y_0 = x_0. Of S2
/// the target is the parity of the bits. Whatever x_t is, y_t is uniform from t = 1 on.
struct WordSettings {
  int length = 40;  // T, 2 to 1,000,000
  int batch = 64;   // B, 1 to 100,000
};
struct WordBatch {
  std::vector<std::int32_t> inputs;   // [T, B], 0 to size - 1
  std::vector<std::int32_t> targets;  // [T, B]
};
WordBatch word_batch(const PermutationGroup& group, const WordSettings& settings, const BatchId& id);

/// The flip-flop of several bits (Sussillo & Barak 2013): a channel gets +1 or -1 at the first step and at each later one
/// with probability p, else 0; the target is its last pulse.
struct FlipFlopSettings {
  int bits = 3;        // K channels, 1 to 1,000
  double pulse = 0.1;  // p, 0 to 1
  int length = 40;     // T, 1 to 1,000,000
  int batch = 64;      // B, 1 to 100,000; no more than 10^8 steps of channels in all
};
struct FlipFlopBatch {
  std::vector<float> inputs;   // [T, B, K]: -1, 0 or 1
  std::vector<float> targets;  // [T, B, K]: -1 or 1
};
FlipFlopBatch flip_flop_batch(const FlipFlopSettings& settings, const BatchId& id);

/// The share of right signs of the best answer without memory: the pulse where there is one and a guess elsewhere,
/// (1 + f) / 2, with f = (1 + p (T - 1)) / T the share of pulses. Throws Error for a setting outside its range.
double flip_flop_baseline(const FlipFlopSettings& settings);

/// Selective copying (Gu & Dao 2023): `items` symbols stand at random places among `length` steps, blanks at the others;
/// then as many cues ask for them in order. T = length + items.
///   input   . s0 . . s1 . s2 .   | cue cue cue
///   target  . .  . . .  . .  .   | s0  s1  s2
struct SelectiveSettings {
  int symbols = 8;  // S, 2 to 1,000: tokens 0 to S - 1; the blank is S, the cue S + 1
  int items = 4;    // n, 1 to length
  int length = 40;  // steps before the first cue, 1 to 1,000,000
  int batch = 64;   // B, 1 to 100,000
};
struct SelectiveBatch {
  int length = 0;                     // T
  std::vector<std::int32_t> inputs;   // [T, B], 0 to S + 1
  std::vector<std::int32_t> targets;  // [T, B], a symbol or the blank
};
SelectiveBatch selective_batch(const SelectiveSettings& settings, const BatchId& id);

}  // namespace carousel
