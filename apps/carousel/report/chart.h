// Charts of the report as the page takes them (page/page.h), and how several runs share one.
#pragma once

#include <cmath>
#include <string>

#include "report/run.h"

namespace carousel::cli {

/// One run: a colour a line. Several: a colour a run, and a dash a line.
struct Look {
  std::size_t colour = 0, dash = 0;
};
Look look(const Runs& runs, std::size_t run, std::size_t line);

/// "loss", or with several runs "loss, adding-lstm-001".
std::string line_name(const Runs& runs, std::size_t run, const std::string& name);

/// The same with a capital.
std::string title_text(std::string text);

nlohmann::json axis(const std::string& name, const std::string& unit = "");
nlohmann::json power_axis(const std::string& name);  ///< its values are exponents of ten
nlohmann::json log_axis(const std::string& name, const std::string& unit = "");
nlohmann::json bounded_axis(const std::string& name, double min, double max);
nlohmann::json share_axis(const std::string& name);  ///< 0 to 1, shown as 0 to 100 %
nlohmann::json time_axis();                          ///< milliseconds since 1970

/// A chart of lines to which lines are added; it is dropped when none has a point.
class LinesChart {
 public:
  LinesChart(const std::string& title, const std::string& how, nlohmann::json x, nlohmann::json y);

  /// Thinned where there are too many points. A line without any number is left out.
  void add(const std::string& name, const ChartPoints& points, Look look, const std::string& role = "");
  /// A line of single updates, which is noisy: faint, with its running mean over it.
  void add_noisy(const std::string& name, const ChartPoints& points, Look look);
  /// A line that is seen when its name in the legend is pressed.
  void add_hidden(const std::string& name, const ChartPoints& points, Look look);
  /// The ground between two lines over the same x; of rows that are drawn together the widest.
  void add_band(const std::string& name, const ChartPoints& low, const ChartPoints& high, Look look);
  void add_limit(double y, const std::string& name);
  void add_mark(nlohmann::json mark);
  void set_how(const std::string& how) { chart_["how"] = how; }
  /// Lets who reads look closer, for which lines have more points. At first it is seen from `x` on.
  void set_zoom(double x);
  void set_wide() { chart_["wide"] = true; }  ///< across the page

  bool empty() const { return chart_["series"].empty(); }
  /// Appends the chart to a section's list, unless it is empty.
  void put_into(nlohmann::json& charts);

 private:
  nlohmann::json chart_;
  std::size_t shown_ = 0, all_ = 0, most_ = most_points;
};

/// y over 1, 2, 3, ...
ChartPoints over_steps(const std::vector<double>& values, double first = 1.0);

/// Drops what a logarithmic axis cannot show.
ChartPoints positive(ChartPoints points);

/// A section, or null when it would be empty.
nlohmann::json section(const std::string& title, const std::string& text, nlohmann::json charts,
                       nlohmann::json notes = nlohmann::json::array());

}  // namespace carousel::cli
