#include "carousel/data/generators.h"

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {
namespace {

constexpr int longest = 1'000'000, largest_batch = 100'000, most_wide = 1'000;
constexpr std::int64_t most_steps = 100'000'000;

// 4 and 5 are the Reber grammar's.
enum Problem : std::uint64_t {
  adding = 1,
  copying = 2,
  ordering = 3,
  words = 6,
  flip_flop = 7,
  selecting = 8
};

void check_range(std::string_view what, int value, int first, int last) {
  if (value < first || value > last) {
    throw Error(fmt::format("{} must be from {} to {}, not {}", what, first, last, value));
  }
}

void check_batch(std::string_view problem, int steps, int batch, int channels = 1) {
  check_range(fmt::format("the batch of {}", problem), batch, 1, largest_batch);
  const std::int64_t most = most_steps / channels;
  if (static_cast<std::int64_t>(steps) * batch > most) {
    throw Error(fmt::format(
        "a batch of {} sequences of {} steps is more than {} steps in all; choose a smaller batch or length",
        batch, steps, most));
  }
}

/// Places in a time-major array [T, B].
class Layout {
 public:
  Layout(int steps, int batch)
      : steps_(static_cast<std::size_t>(steps)), batch_(static_cast<std::size_t>(batch)) {}
  std::size_t size() const { return steps_ * batch_; }
  std::size_t at(int step, int example) const {
    return static_cast<std::size_t>(step) * batch_ + static_cast<std::size_t>(example);
  }

 private:
  std::size_t steps_, batch_;
};

void check_flip_flop(const FlipFlopSettings& settings) {
  const auto [bits, pulse, length, batch] = settings;
  check_range("the number of bits of a flip-flop", bits, 1, most_wide);
  check_range("the length of a flip-flop", length, 1, longest);
  check_batch("a flip-flop", length, batch, bits);
  if (!(pulse >= 0 && pulse <= 1)) {
    throw Error(fmt::format("the probability of a pulse of a flip-flop must be from 0 to 1, not {}", pulse));
  }
}

/// The first step at or after a fraction tenths / 10 of the length.
int tenths_of(int length, int tenths) {
  return (length * tenths + 9) / 10;
}

}  // namespace

AddingBatch adding_batch(const AddingSettings& settings, const BatchId& id) {
  const auto [length, batch] = settings;
  check_range("the length of adding", length, 2, longest);
  check_batch("adding", length, batch);
  const Layout layout(length, batch);
  AddingBatch result{std::vector<float>(layout.size() * 2), {}};
  Random random(id, Problem::adding);
  for (int b = 0; b < batch; ++b) {
    for (int t = 0; t < length; ++t) result.inputs[layout.at(t, b) * 2] = random.unit();
    float sum = 0;
    for (const int marked : {random.between(0, length / 2), random.between(length / 2, length)}) {
      result.inputs[layout.at(marked, b) * 2 + 1] = 1;
      sum += result.inputs[layout.at(marked, b) * 2];
    }
    result.targets.push_back(sum);
  }
  return result;
}

double adding_baseline() {
  return 1.0 / 6.0;
}

CopyBatch copy_batch(const CopySettings& settings, const BatchId& id) {
  const auto [delay, batch] = settings;
  check_range("the delay of copy memory", delay, 1, longest);
  const int length = delay + 2 * copy_recalled;
  check_batch("copy memory", length, batch);
  const Layout layout(length, batch);
  const std::vector<std::int32_t> blanks(layout.size(), copy_blank);
  CopyBatch result{length, blanks, blanks};
  Random random(id, Problem::copying);
  for (int b = 0; b < batch; ++b) {
    for (int t = 0; t < copy_recalled; ++t) {
      const auto symbol = random.below(copy_symbols);
      result.inputs[layout.at(t, b)] = symbol;
      result.targets[layout.at(length - copy_recalled + t, b)] = symbol;
    }
    result.inputs[layout.at(length - copy_recalled - 1, b)] = copy_delimiter;
  }
  return result;
}

double copy_baseline(int delay) {
  check_range("the delay of copy memory", delay, 1, longest);
  return copy_recalled * std::log(double{copy_symbols}) / (delay + 2 * copy_recalled);
}

OrderBatch order_batch(const OrderSettings& settings, const BatchId& id) {
  const auto [length, batch] = settings;
  check_range("the length of temporal order", length, 10, longest);
  check_batch("temporal order", length, batch);
  const Layout layout(length, batch);
  OrderBatch result{std::vector<std::int32_t>(layout.size()), {}};
  Random random(id, Problem::ordering);
  for (int b = 0; b < batch; ++b) {
    for (int t = 0; t < length; ++t) result.inputs[layout.at(t, b)] = random.between(2, order_symbols);
    const int early = random.between(tenths_of(length, 1), tenths_of(length, 2));
    const int late = random.between(tenths_of(length, 5), tenths_of(length, 6));
    const int first = random.below(2), second = random.below(2);
    result.inputs[layout.at(early, b)] = first;
    result.inputs[layout.at(late, b)] = second;
    result.targets.push_back(2 * first + second);
  }
  return result;
}

double order_baseline() {
  return 2 * std::numbers::ln2;
}

WordBatch word_batch(const PermutationGroup& group, const WordSettings& settings, const BatchId& id) {
  const auto [length, batch] = settings;
  check_range("the length of a word problem", length, 2, longest);
  check_batch("a word problem", length, batch);
  const Layout layout(length, batch);
  const std::vector<std::int32_t> steps(layout.size());
  WordBatch result{steps, steps};
  Random random(id, Problem::words);
  for (int b = 0; b < batch; ++b) {
    int state = 0;
    for (int t = 0; t < length; ++t) {
      const int next = random.below(group.size());
      state = group.product(next, state);
      result.inputs[layout.at(t, b)] = next;
      result.targets[layout.at(t, b)] = state;
    }
  }
  return result;
}

FlipFlopBatch flip_flop_batch(const FlipFlopSettings& settings, const BatchId& id) {
  const auto [bits, pulse, length, batch] = settings;
  check_flip_flop(settings);
  const Layout layout(length, batch * bits);  // [T, B K]: channel k of example b is column b K + k
  const std::vector<float> steps(layout.size());
  FlipFlopBatch result{steps, steps};
  Random random(id, Problem::flip_flop);
  for (int column = 0; column < batch * bits; ++column) {
    float held = 0;
    for (int t = 0; t < length; ++t) {
      const bool pulses =
          random.unit() < pulse || t == 0;  // drawn at the first step as well: all steps alike
      const float sign = random.below(2) == 0 ? -1.0f : 1.0f;
      if (pulses) held = sign;
      result.inputs[layout.at(t, column)] = pulses ? sign : 0.0f;
      result.targets[layout.at(t, column)] = held;
    }
  }
  return result;
}

double flip_flop_baseline(const FlipFlopSettings& settings) {
  check_flip_flop(settings);
  const double pulses = (1 + settings.pulse * (settings.length - 1)) / settings.length;
  return (1 + pulses) / 2;
}

SelectiveBatch selective_batch(const SelectiveSettings& settings, const BatchId& id) {
  const auto [symbols, items, before, batch] = settings;
  check_range("the number of symbols of selective copying", symbols, 2, most_wide);
  check_range("the length of selective copying", before, 1, longest);
  check_range("the number of items of selective copying", items, 1, before);
  check_batch("selective copying", before + items, batch);
  const Layout layout(before + items, batch);
  const std::vector<std::int32_t> blanks(layout.size(), symbols);
  SelectiveBatch result{before + items, blanks, blanks};
  Random random(id, Problem::selecting);
  for (int b = 0; b < batch; ++b) {
    int placed = 0;
    for (int t = 0; t < before; ++t) {
      if (random.below(before - t) >= items - placed)
        continue;  // so that every choice of places is as likely
      const int symbol = random.below(symbols);
      result.inputs[layout.at(t, b)] = symbol;
      result.inputs[layout.at(before + placed, b)] = symbols + 1;
      result.targets[layout.at(before + placed, b)] = symbol;
      ++placed;
    }
  }
  return result;
}

}  // namespace carousel
