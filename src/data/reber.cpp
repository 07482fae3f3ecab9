#include "carousel/data/reber.h"

#include <array>
#include <bit>

#include <fmt/format.h>

#include "carousel/error.h"

namespace carousel {
namespace {

constexpr std::uint64_t reber_problem = 4, reber_stream_problem = 5;
constexpr std::int64_t longest_stream = 100'000'000;

std::uint8_t bit_of(char symbol) {
  return static_cast<std::uint8_t>(1u << reber_alphabet.find(symbol));
}

struct Edge {
  char symbol;
  int to;
};

/// The Reber grammar, edges by state; state 0 waits for B, state 7 is behind E.
constexpr int reber_end = 7;
constexpr std::array<std::array<Edge, 2>, reber_end> reber_edges{{{{{'B', 1}, {'B', 1}}},
                                                                  {{{'T', 2}, {'P', 3}}},
                                                                  {{{'S', 2}, {'X', 4}}},
                                                                  {{{'T', 3}, {'V', 5}}},
                                                                  {{{'X', 3}, {'S', 6}}},
                                                                  {{{'P', 4}, {'V', 6}}},
                                                                  {{{'E', 7}, {'E', 7}}}}};

/// A place in an embedded Reber string.
class Walk {
 public:
  explicit Walk(int inner) : left_(inner) {}

  /// The symbols that may follow; none at the end.
  std::uint8_t legal() const {
    switch (stage_) {
      case Stage::open:
        return bit_of('B');
      case Stage::choose:
        return bit_of('T') | bit_of('P');
      case Stage::inside: {
        const auto& [one, other] = reber_edges[static_cast<std::size_t>(state_)];
        return bit_of(one.symbol) | bit_of(other.symbol);
      }
      case Stage::recall:
        return bit_of(chosen_);
      case Stage::close:
        return bit_of('E');
      case Stage::done:
        return 0;
    }
    return 0;
  }

  /// Goes along a legal symbol.
  void take(char symbol) {
    if (stage_ == Stage::inside) return take_inside(symbol);
    if (stage_ == Stage::choose) chosen_ = symbol;
    stage_ = static_cast<Stage>(static_cast<int>(stage_) + 1);
  }

 private:
  enum class Stage { open, choose, inside, recall, close, done };

  void take_inside(char symbol) {
    const auto& [one, other] = reber_edges[static_cast<std::size_t>(state_)];
    state_ = symbol == one.symbol ? one.to : other.to;
    if (state_ != reber_end) return;
    state_ = 0;
    if (--left_ == 0) stage_ = Stage::recall;
  }

  Stage stage_ = Stage::open;
  int state_ = 0;
  int left_;
  char chosen_ = 'T';
};

void check_inner(int inner) {
  if (inner < 1 || inner > 1000) {
    throw Error(fmt::format("the number of inner Reber strings must be from 1 to 1000, not {}", inner));
  }
}

char draw(std::uint8_t legal, Random& random) {
  const int skipped = random.below(std::popcount(legal));
  for (int i = 0; i < skipped; ++i) legal &= static_cast<std::uint8_t>(legal - 1);  // clears the lowest bit
  return reber_alphabet[static_cast<std::size_t>(std::countr_zero(legal))];
}

}  // namespace

ReberString reber_string(int inner, const BatchId& id) {
  check_inner(inner);
  Random random(id, reber_problem);
  Walk walk(inner);
  ReberString result;
  while (walk.legal() != 0) {
    const char symbol = draw(walk.legal(), random);
    walk.take(symbol);
    result.symbols += symbol;
    result.next.push_back(walk.legal());
  }
  return result;
}

ReberStream reber_stream(int inner, std::int64_t first, std::int64_t steps, const BatchId& id) {
  check_inner(inner);
  if (first < 0 || steps < 1 || first > longest_stream - steps) {
    throw Error(
        fmt::format("a piece of a Reber stream is one or more of its first {} symbols, not {} from {} on",
                    longest_stream, steps, first));
  }
  Random random(id, reber_stream_problem);
  Walk walk(inner);
  ReberStream result;
  int length = 0;  // of the string so far
  for (std::int64_t t = 0; t < first + steps; ++t) {
    const char symbol = draw(walk.legal(), random);
    walk.take(symbol);
    ++length;
    const bool ends = walk.legal() == 0;
    if (ends) walk = Walk(inner);
    if (t >= first) {
      result.symbols += symbol;
      result.next.push_back(walk.legal());
      result.ended.push_back(ends ? length : 0);
    }
    if (ends) length = 0;
  }
  return result;
}

double reber_mean_length(int inner) {
  check_inner(inner);
  return 4 + 8 * inner;
}

bool is_legal_reber(std::string_view string, int inner) {
  check_inner(inner);
  Walk walk(inner);
  for (const char symbol : string) {
    const bool known = reber_alphabet.find(symbol) != std::string_view::npos;
    if (!known || (walk.legal() & bit_of(symbol)) == 0) return false;
    walk.take(symbol);
  }
  return walk.legal() == 0;
}

}  // namespace carousel
