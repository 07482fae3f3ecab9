#include "carousel/data/series_split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "carousel/data/text.h"
#include "carousel/data/time_axis.h"
#include "carousel/error.h"

namespace carousel {
namespace {

constexpr std::uint64_t drawing_groups = 170;  // apart from what else is drawn

using Parts = std::vector<std::int8_t>;

/// What is split, and how the user said so.
struct Asked {
  std::string text;
  SplitOf what;

  [[noreturn]] void refuse(const std::string& why) const {
    const bool series = what == SplitOf::series;
    throw Error(fmt::format(
        "--split is {}, {}: give shares such as 0.7,0.15,0.15, numbers of rows such as 8640,2880,2880, "
        "{}fold:2/5, every:10 or column:NAME",
        shown(text), why,
        series ? "the times at which validation and test begin such as 2013-07-01,2014-01-01, " : ""));
  }
};

/// Cut points of n things at shares of them.
std::array<std::int64_t, 3> cuts_of(const std::vector<double>& amounts, std::int64_t n, const Asked& asked) {
  const double sum = std::accumulate(amounts.begin(), amounts.end(), 0.0);
  const bool shares = std::ranges::all_of(amounts, [](double amount) { return amount <= 1.0; });
  if (std::ranges::any_of(amounts, [](double a) { return !(a >= 0.0); }))
    asked.refuse("which has an amount below 0");
  if (shares && sum > 1.0 + 1e-9) asked.refuse(fmt::format("shares of {} in all, which is more than 1", sum));
  if (!shares && sum > static_cast<double>(n))
    asked.refuse(fmt::format("{} in all, but there are {}", sum, n));
  std::array<std::int64_t, 3> cuts{};
  double reached = 0.0;
  for (std::size_t i = 0; i < 3; ++i) {
    reached += amounts[i] * (shares ? static_cast<double>(n) : 1.0);
    cuts[i] = std::min(n, static_cast<std::int64_t>(std::floor(reached + 1e-6)));
  }
  return cuts;
}

std::int8_t part_at(const std::array<std::int64_t, 3>& cuts, std::int64_t i) {
  for (std::int8_t part = 0; part < 3; ++part) {
    if (i < cuts[static_cast<std::size_t>(part)]) return part;
  }
  return -1;
}

class Splitter {
 public:
  Splitter(const Table& table, const SeriesOrder& order, Asked asked,
           const std::vector<std::int64_t>& classes)
      : table_(table),
        order_(order),
        asked_(std::move(asked)),
        classes_(classes),
        parts_(order.rows.size(), -1) {}

  Parts split(bool by_group) {
    const std::string& text = asked_.text;
    if (text.starts_with("column:")) return by_column(text.substr(7));
    if (text.starts_with("fold:")) return by_fold();
    if (text.starts_with("every:")) return by_turns(by_group);
    const auto words = carousel::split(text, ',');
    std::vector<double> amounts;
    for (const auto word : words) {
      if (const auto number = parse_number<double>(trim(word))) amounts.push_back(*number);
    }
    if (amounts.size() == 3 && words.size() == 3) return by_group ? groups_by(amounts) : rows_by(amounts);
    if (words.size() == 2 && amounts.empty() && asked_.what == SplitOf::series) return by_times(words);
    asked_.refuse("which is no split");
  }

 private:
  std::int64_t groups() const { return static_cast<std::int64_t>(order_.groups.size()) - 1; }

  void give(std::int64_t group, std::int8_t part) {
    const auto first = order_.groups[static_cast<std::size_t>(group)],
               end = order_.groups[static_cast<std::size_t>(group) + 1];
    std::fill(parts_.begin() + first, parts_.begin() + end, part);
  }

  Parts rows_by(const std::vector<double>& amounts) {
    if (order_.time && groups() > 1) return at_common_times(amounts);
    for (std::int64_t g = 0; g < groups(); ++g) {
      const auto first = order_.groups[static_cast<std::size_t>(g)],
                 end = order_.groups[static_cast<std::size_t>(g) + 1];
      const auto cuts = cuts_of(amounts, end - first, asked_);
      for (auto i = first; i < end; ++i) parts_[static_cast<std::size_t>(i)] = part_at(cuts, i - first);
    }
    return std::move(parts_);
  }

  /// Groups that share a time axis are cut at the same times: what one learns from is never later than what another tests.
  Parts at_common_times(const std::vector<double>& amounts) {
    auto times = order_.time->values;
    std::ranges::sort(times);
    const auto cuts = cuts_of(amounts, order_.size(), asked_);
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const double time = order_.time->values[i];
      // All rows of one time are on the same side of a cut.
      const auto rank = std::ranges::lower_bound(times, time) - times.begin();
      parts_[i] = part_at(cuts, rank);
    }
    return std::move(parts_);
  }

  Parts by_times(const std::vector<std::string_view>& words) {
    if (!order_.time) asked_.refuse("two times, but --time names no column");
    std::array<double, 2> begins{};
    for (std::size_t i = 0; i < 2; ++i) {
      const auto time = parse_time(trim(words[i]));
      if (!time) asked_.refuse(fmt::format("of which {} is no time", shown(words[i])));
      begins[i] = *time;
    }
    if (begins[1] < begins[0]) asked_.refuse("of which the second time is before the first");
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const double time = order_.time->values[i];
      parts_[i] = time < begins[0] ? 0 : time < begins[1] ? 1 : 2;
    }
    return std::move(parts_);
  }

  /// The groups in an order that is drawn once and for all, those of one class next to each other: any k-th of it, and
  /// any share taken evenly of it, has every class in its share.
  std::vector<std::int64_t> dealt() const {
    std::vector<std::int64_t> drawn(static_cast<std::size_t>(groups()));
    std::iota(drawn.begin(), drawn.end(), 0);
    Random random({.seed = 1}, drawing_groups);
    for (std::size_t left = drawn.size(); left > 1; --left)
      std::swap(drawn[left - 1], drawn[static_cast<std::size_t>(random.below(static_cast<int>(left)))]);
    if (!classes_.empty()) {
      std::ranges::stable_sort(drawn, {},
                               [&](std::int64_t g) { return classes_[static_cast<std::size_t>(g)]; });
    }
    return drawn;
  }

  Parts groups_by(const std::vector<double>& amounts) {
    const std::int64_t n = groups();
    const auto cuts = cuts_of(amounts, n, asked_);
    if (amounts[0] > 1.0) {  // numbers: the file's own order
      for (std::int64_t g = 0; g < n; ++g) give(g, part_at(cuts, g));
      return std::move(parts_);
    }
    // Each takes the next group when it is the furthest behind its share.
    const auto order = dealt();
    std::array<double, 3> has{};
    const std::array<double, 3> wants{double(cuts[0]), double(cuts[1] - cuts[0]), double(cuts[2] - cuts[1])};
    for (std::int64_t i = 0; i < n; ++i) {
      std::int8_t behind = -1;
      double most = 0.0;
      for (std::int8_t p = 0; p < 3; ++p) {
        const auto k = static_cast<std::size_t>(p);
        const double lag = wants[k] * static_cast<double>(i + 1) / static_cast<double>(n) - has[k];
        if (has[k] < wants[k] && lag > most) most = lag, behind = p;
      }
      if (behind < 0) continue;
      has[static_cast<std::size_t>(behind)] += 1.0;
      give(order[static_cast<std::size_t>(i)], behind);
    }
    return std::move(parts_);
  }

  Parts by_fold() {
    const auto words = carousel::split(std::string_view(asked_.text).substr(5), '/');
    const auto fold = words.size() == 2 ? parse_number<std::int64_t>(words[0]) : std::nullopt;
    const auto folds = words.size() == 2 ? parse_number<std::int64_t>(words[1]) : std::nullopt;
    if (!fold || !folds || *folds < 3 || *fold < 1 || *fold > *folds)
      asked_.refuse("which is no fold (the first is fold:1/5, the last fold:5/5, and there are at least 3)");
    if (groups() < *folds) refuse_groups();
    const auto order = dealt();
    for (std::int64_t i = 0; i < groups(); ++i) {
      const std::int64_t at = i % *folds + 1, next = *fold % *folds + 1;
      give(order[static_cast<std::size_t>(i)], at == *fold ? 2 : at == next ? 1 : 0);
    }
    return std::move(parts_);
  }

  /// Every n-th in the order of the file validates, the others train.
  Parts by_turns(bool by_group) {
    const auto turn = parse_number<std::int64_t>(std::string_view(asked_.text).substr(6));
    if (!turn || *turn < 2)
      asked_.refuse("of which every:10, the tenth of each ten, is an example from 2 up");
    if (!by_group || groups() < *turn) refuse_groups();
    for (std::int64_t g = 0; g < groups(); ++g) give(g, g % *turn == *turn - 1 ? 1 : 0);
    return std::move(parts_);
  }

  [[noreturn]] void refuse_groups() const {
    asked_.refuse(asked_.what == SplitOf::series
                      ? fmt::format("but there are {} sequences that each have their own answer: name their "
                                    "column by --group, and the answer by --predict sequence or step",
                                    groups())
                      : fmt::format("but there are {} rows", groups()));
  }

  Parts by_column(const std::string& name) {
    const Column& column = table_.column(name, "--split names");
    const std::map<std::string, std::int8_t> known{
        {"train", 0}, {"valid", 1}, {"validation", 1}, {"test", 2}};
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const std::string word = column.text(order_.rows[i]);
      const auto found = known.find(word);
      if (found == known.end()) {
        throw Error(
            fmt::format("{} has {} in the column '{}', which --split names: it must be train, valid or test",
                        table_.place(order_.rows[i]), shown(word), name));
      }
      parts_[i] = found->second;
    }
    return std::move(parts_);
  }

  const Table& table_;
  const SeriesOrder& order_;
  Asked asked_;
  const std::vector<std::int64_t>& classes_;
  Parts parts_;
};

}  // namespace

std::vector<std::int8_t> split_rows(const Table& table, const SeriesOrder& order, const std::string& text,
                                    bool by_group, const std::vector<std::int64_t>& classes, SplitOf what) {
  const Asked asked{text, what};
  auto parts = Splitter(table, order, asked, classes).split(by_group);
  if (std::ranges::find(parts, 0) == parts.end()) asked.refuse("which leaves nothing to train on");
  return parts;
}

std::vector<std::int8_t> split_by_files(const SeriesOrder& order, std::array<std::int64_t, 2> ends) {
  Parts parts;
  for (const auto row : order.rows) parts.push_back(row < ends[0] ? 0 : row < ends[1] ? 1 : 2);
  return parts;
}

}  // namespace carousel
