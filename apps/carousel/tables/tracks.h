// Answers of numbers in the order of their rows, to be drawn.
#pragma once

#include <cstddef>

#include "tables/answer_figures.h"

namespace carousel::cli {

/// Answers with what their baseline and outermost quantiles are.
class SeriesAnswers {
 public:
  SeriesAnswers(const Answers& answers, const SeriesSchema& schema);

  const Answers& of;

  double baseline(std::size_t i) const;  ///< the reference, or of what has none the training mean
  bool has_band() const { return low_ != high_; }
  double low(std::size_t i) const { return has_band() ? more(i, low_) : missing; }
  double high(std::size_t i) const { return has_band() ? more(i, high_) : missing; }

 private:
  double more(std::size_t i, std::ptrdiff_t which) const {
    return of.more[i * of.width() + static_cast<std::size_t>(which)];
  }

  std::ptrdiff_t low_ = 0, high_ = 0;
  std::vector<double> means_ = {};
};

/// Adds "tracks" and "tracks_of" (answer_figures.h).
void add_tracks(const SeriesAnswers& answers, const Table& table, const SeriesSchema& schema,
                nlohmann::json& figures);

}  // namespace carousel::cli
