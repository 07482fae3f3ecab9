#include "tables/tracks.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "page/points.h"

namespace carousel::cli {
namespace {

using nlohmann::json;

constexpr std::size_t most_tracks = 6, most_groups = 4, most_rows = 20'000;

/// What is drawn at one x.
struct TrackRow {
  double truth = missing, answer = missing, baseline = missing, low = missing, high = missing;
  std::map<std::int64_t, double> ahead = {};
};

struct Track {
  std::size_t target = 0;
  std::int64_t group = 0;
  double end = -INFINITY;   ///< of the forecast that is drawn
  std::int64_t drawn = -1;  ///< its example
  std::map<double, TrackRow> rows = {};
};

class Tracks {
 public:
  Tracks(const SeriesAnswers& answers, const Table& table, const SeriesSchema& schema)
      : answers_(answers), schema_(schema), groups_(groups_of_rows(table, schema)) {
    const std::int64_t last = schema.horizon;
    if (schema.predict == PredictKind::forecast && last > 1) shown_ahead_ = {1, (last + 1) / 2, last};
    timed_ = std::ranges::any_of(answers.of.rows, [](const Answer& row) { return !std::isnan(row.time); });
  }

  void add(std::size_t i) {
    const Answer& row = answers_.of.rows[i];
    Track& track = track_of(row);
    const double x = x_of(row);
    if (row.horizon <= 1 && x > track.end) track.drawn = row.example;
    TrackRow& at = track.rows[x];
    at.truth = row.truth;
    if (shown_ahead_.contains(row.horizon)) at.ahead[row.horizon] = row.answer;
    if (row.example != track.drawn) return;
    track.end = std::max(track.end, x);
    at.answer = row.answer;
    at.baseline = answers_.baseline(i);
    at.low = answers_.low(i);
    at.high = answers_.high(i);
  }

  void write(json& figures) const {
    json list = json::array();
    for (const auto& [key, track] : tracks_) {
      if (list.size() < most_tracks && key.first < static_cast<std::int64_t>(most_groups))
        list.push_back(json_of(track));
    }
    figures["tracks"] = std::move(list);
    figures["tracks_of"] = tracks_.size();
  }

 private:
  bool is_sequence() const { return schema_.predict == PredictKind::sequence; }

  /// Groups are numbered as they come, so that those there are answers of are the first.
  Track& track_of(const Answer& row) {
    const auto target = static_cast<std::size_t>(row.target);
    const std::int64_t group = is_sequence() ? 0 : groups_.group[static_cast<std::size_t>(row.row)];
    const auto number = order_.try_emplace(group, static_cast<std::int64_t>(order_.size())).first->second;
    return tracks_.try_emplace({number, target}, Track{.target = target, .group = group}).first->second;
  }

  double x_of(const Answer& row) const {
    if (is_sequence()) return static_cast<double>(row.example + 1);
    if (timed_) return std::round(1000.0 * row.time);
    return static_cast<double>(groups_.place[static_cast<std::size_t>(row.row)] + row.horizon + 1);
  }

  /// The x that should follow, to tell a gap; infinite where that is not known.
  double after(double x) const {
    if (!timed_ || is_sequence()) return x + 1.0;
    const TimeStep& step = schema_.step;
    if (step.months == 0 && !(step.seconds > 0.0)) return INFINITY;
    return std::round(1000.0 * step.after(x / 1000.0, 1));
  }

  json json_of(const Track& track) const {
    json points = json::array();
    std::map<std::int64_t, json> ahead;
    for (const auto h : shown_ahead_) ahead[h] = json::array();
    auto row = track.rows.begin();
    std::advance(row, track.rows.size() - std::min(track.rows.size(), most_rows));
    double expected = INFINITY;
    for (; row != track.rows.end(); ++row) {
      const auto& [x, at] = *row;
      if (x > expected + 0.01 * (after(expected) - expected)) {
        points.push_back({short_number(expected), nullptr, nullptr, nullptr, nullptr, nullptr});
        for (auto& [h, line] : ahead) line.push_back({short_number(expected), nullptr});
      }
      points.push_back({short_number(x), short_number(at.truth), short_number(at.answer),
                        short_number(at.baseline), short_number(at.low), short_number(at.high)});
      for (auto& [h, line] : ahead) {
        const auto value = at.ahead.find(h);
        line.push_back({short_number(x), short_number(value == at.ahead.end() ? missing : value->second)});
      }
      expected = after(x);
    }
    json lines = json::array();
    for (auto& [h, line] : ahead) lines.push_back({{"rows", h}, {"points", std::move(line)}});
    return {{"target", answers_.of.targets[track.target]},
            {"group", is_sequence() ? "" : groups_.names[static_cast<std::size_t>(track.group)]},
            {"x", is_sequence() ? "sequence"
                  : timed_      ? "time"
                                : "row"},
            {"every", std::max<std::int64_t>(1, schema_.horizon)},
            {"points", std::move(points)},
            {"ahead", std::move(lines)}};
  }

  const SeriesAnswers& answers_;
  const SeriesSchema& schema_;
  GroupsOfRows groups_;
  bool timed_ = false;
  std::set<std::int64_t> shown_ahead_ = {};
  std::map<std::int64_t, std::int64_t> order_ = {};
  std::map<std::pair<std::int64_t, std::size_t>, Track> tracks_ = {};
};

}  // namespace

void add_tracks(const SeriesAnswers& answers, const Table& table, const SeriesSchema& schema, json& figures) {
  Tracks tracks(answers, table, schema);
  for (std::size_t i = 0; i < answers.of.rows.size(); ++i) tracks.add(i);
  tracks.write(figures);
}

}  // namespace carousel::cli
