#include "carousel/tasks/series_follower.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/torch.h"
#include "carousel/train/evaluate.h"
#include "carousel/train/model.h"

#include "tasks/series_answers.h"
#include "tasks/series_batch.h"

namespace carousel {
namespace {

std::string group_text(const SeriesSchema& schema, const Table& row) {
  std::string text;
  for (const auto& name : schema.group) text += row.column(name, "--group names").text(0) + '\n';
  return text;
}

/// Drops all but the newest places.
template <class Values> void keep_last(Values& values, std::int64_t count) {
  const auto size = static_cast<std::int64_t>(values.size());
  if (size > count) values.erase(values.begin(), values.begin() + (size - count));
}

}  // namespace

class SeriesFollower::State {
 public:
  State(const SeriesSchema& schema, const Settings& settings, Model& model, bool keeps_state)
      : schema_(schema),
        model_(model),
        keeps_state_(keeps_state || schema.predict != PredictKind::forecast),
        blank_{.schema = schema},
        loss_(settings, blank_),
        reader_(make_reader()),
        dtype_(dtype_of(model)) {
    if (schema.has_known_ahead())
      throw Error(
          "--follow answers each row at once, but the model reads inputs of rows that are still to come "
          "(--known-ahead)");
    if (keeps_state && schema.predict == PredictKind::forecast && changes_inputs(schema.relative)) {
      throw Error(
          fmt::format("--keep-state needs inputs that stay, but --relative {} changes them with each window: "
                      "leave it out",
                      relative_names()[static_cast<std::size_t>(schema.relative)]));
    }
  }

  Answers read(const Table& row) {
    Group& group = group_of(row);
    add(group, row);
    SeriesData& data = group.data;
    const std::int64_t rows = data.order.size();
    const bool forecast = schema_.predict == PredictKind::forecast;
    const std::int64_t length = forecast ? schema_.burn_in + schema_.window : 1;
    if (keeps_state_ && rows > 0) group.reader->read(row_at(data, rows - 1));
    if (rows < length) return {};
    data.windows[2] = {{rows - length, static_cast<std::int32_t>(length), 0}};
    return answer(group);
  }

 private:
  /// What is kept of a group: the rows of one window, and the state after all rows where it goes on.
  struct Group {
    SeriesData data;
    SeriesTail tail;
    std::unique_ptr<RowReader> reader;
  };

  std::unique_ptr<RowReader> make_reader() const {
    auto reader = model_.row_reader();
    if (!reader) {
      throw Error(
          "--follow reads row by row, which needs one direction, a cell with fused kernels and the CPU: "
          "predict the "
          "table as a whole, without --follow");
    }
    return reader;
  }

  Group& group_of(const Table& row) {
    const auto [found, is_new] = groups_.try_emplace(group_text(schema_, row));
    if (is_new) restart(found->second);
    return found->second;
  }

  void restart(Group& group) const {
    group.data = {.schema = schema_};
    group.data.frame.history.resize(schema_.predict == PredictKind::forecast ? schema_.targets.size() : 0);
    group.data.frame.truth.resize(schema_.targets.size());
    group.data.frame.features = schema_.features();
    if (keeps_state_) group.reader = make_reader();
  }

  /// The row's numbers below those that are kept; a gap or a row that is left out begins anew.
  void add(Group& group, const Table& row) {
    SeriesOrder order{.rows = {0}, .groups = {0, 1}};
    if (!schema_.time.empty())
      order.time = schema_.time.size() == 1 ? time_of_column(row, schema_.time.front())
                                            : time_of_parts(row, schema_.time);
    if (is_after_gap(group, order, row)) {
      auto tail =
          std::move(group.tail);  // what stands for a missing value is the last one, whenever that was
      restart(group);
      group.tail = std::move(tail);
    }
    const SeriesFrame frame = frame_of(row, order, schema_, group.tail);
    if (!frame.dropped.empty() && frame.dropped.front()) return restart(group);
    append(group.data, order, frame);
  }

  bool is_after_gap(const Group& group, const SeriesOrder& order, const Table& row) const {
    if (!order.time || group.data.order.size() == 0) return false;
    const double before = group.data.order.time->values.back(), now = order.time->values.front();
    if (now <= before) {
      throw Error(fmt::format(
          "{} has the time {}, which is not after {} of the row before: sort the rows by time, or give "
          "--group of several series",
          row.place(0), format_time(now), format_time(before)));
    }
    if (schema_.step == TimeStep{}) return false;
    const double next = schema_.step.after(before, 1);
    return std::abs(now - next) > 0.01 * std::abs(next - before);
  }

  void append(SeriesData& data, const SeriesOrder& order, const SeriesFrame& frame) const {
    const std::int64_t most = std::max<std::int64_t>(1, schema_.burn_in + schema_.window);
    auto& kept = data.frame;
    kept.inputs.insert(kept.inputs.end(), frame.inputs.begin(), frame.inputs.end());
    keep_last(kept.inputs, most * kept.features);
    for (std::size_t k = 0; k < kept.history.size(); ++k) {
      kept.history[k].push_back(frame.history[k].front());
      keep_last(kept.history[k], most);
    }
    for (std::size_t k = 0; k < kept.truth.size(); ++k) {
      kept.truth[k].push_back(frame.truth[k].front());
      keep_last(kept.truth[k], most);
    }
    data.order.rows.push_back(0);
    keep_last(data.order.rows, most);
    if (order.time) {
      if (!data.order.time) data.order.time = Column{.name = order.time->name, .kind = ColumnKind::time};
      data.order.time->values.push_back(order.time->values.front());
      keep_last(data.order.time->values, most);
    }
    kept.places = data.order.size();
    kept.segments = {0, kept.places};
  }

  torch::Tensor row_at(SeriesData& data, std::int64_t place) const {
    float* first = data.frame.inputs.data() + place * data.frame.features;
    return torch::from_blob(first, {data.frame.features}).to(dtype_);
  }

  Answers answer(Group& group) {
    const torch::InferenceMode no_graph;
    SeriesData& data = group.data;
    const auto inputs = torch::from_blob(data.frame.inputs.data(), {data.frame.places, data.frame.features});
    Batch batch = series_batch(data, inputs, Split::test, {0}, loss_.classes());
    RowReader& reader = keeps_state_ ? *group.reader : *reader_;
    if (!keeps_state_) {
      const auto rows = batch.input.to(dtype_).squeeze(1);
      reader.restart();
      for (const auto& row : rows.unbind(0)) reader.read(row);
    }
    torch::Tensor output = reader.answer().unsqueeze(0);  // [1, K]
    if (schema_.predict == PredictKind::step) output = output.unsqueeze(0);
    Answers answers;
    add_series_answers(data, loss_, output, batch.to(torch::kCPU, dtype_), Split::test, answers);
    return answers;
  }

  SeriesSchema schema_;
  Model& model_;
  bool keeps_state_;
  SeriesData blank_;
  SeriesLoss loss_;
  std::unique_ptr<RowReader> reader_;
  torch::Dtype dtype_;
  std::map<std::string, Group> groups_;
};

SeriesFollower::SeriesFollower(const SeriesSchema& schema, const Settings& settings, Model& model,
                               bool keeps_state)
    : state_(std::make_unique<State>(schema, settings, model, keeps_state)) {}
SeriesFollower::~SeriesFollower() = default;

Answers SeriesFollower::read(const Table& row) {
  return state_->read(row);
}

}  // namespace carousel
