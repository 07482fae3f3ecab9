#include "carousel/io/event_file.h"

#include <chrono>
#include <exception>
#include <protozero/pbf_writer.hpp>

#include "carousel/io/tfrecord.h"

#include "io/earlier_events.h"

namespace carousel {
namespace {

namespace fs = std::filesystem;
using protozero::pbf_writer;

// Field numbers, a namespace a message.
namespace event {
constexpr protozero::pbf_tag_type wall_time = 1, step = 2, file_version = 3, summary = 5, session_log = 7;
}
namespace value {
constexpr protozero::pbf_tag_type tag = 1, simple_value = 2, histo = 5, tensor = 8, metadata = 9;
}
namespace histo {
constexpr protozero::pbf_tag_type min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, limits = 6, counts = 7;
}
namespace hparams {
constexpr protozero::pbf_tag_type experiment = 2, session_start = 3, session_end = 4;
}

constexpr std::size_t buffer_size = 1 << 16;

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void add_text(pbf_writer& message, protozero::pbf_tag_type field, std::string_view text) {
  message.add_string(field, text.data(), text.size());
}

/// An event up to its contents, which `fill(pbf_writer&)` adds.
template <class Fill> std::string make_event(std::int64_t step, Fill fill) {
  std::string bytes;
  pbf_writer event(bytes);
  event.add_double(event::wall_time, now());
  event.add_int64(event::step, step);
  fill(event);
  return bytes;
}

// --- hyperparameters ---------------------------------------------------------------------------------------

/// A google.protobuf.Value, and the DataType that the plugin calls it by.
void add_value(pbf_writer& entry, const Hyperparameter& hyperparameter) {
  pbf_writer message(entry, 2);
  if (const auto* number = std::get_if<double>(&hyperparameter.value)) message.add_double(2, *number);
  if (const auto* text = std::get_if<std::string>(&hyperparameter.value)) message.add_string(3, *text);
  if (const auto* flag = std::get_if<bool>(&hyperparameter.value)) message.add_bool(4, *flag);
}

int data_type(const Hyperparameter& hyperparameter) {
  return 3 - static_cast<int>(hyperparameter.value.index());  // 3: number, 2: flag, 1: text
}

std::string experiment_of(const EventSession& session) {
  std::string bytes;
  pbf_writer experiment(bytes);
  for (const Hyperparameter& hyperparameter : session.hyperparameters) {
    pbf_writer info(experiment, 4);
    info.add_string(1, hyperparameter.name);
    info.add_enum(4, data_type(hyperparameter));
  }
  for (const std::string& metric : session.metrics) {
    pbf_writer info(experiment, 5);
    pbf_writer name(info, 1);
    name.add_string(2, metric);
  }
  return bytes;
}

std::string start_of(const EventSession& session) {
  std::string bytes;
  pbf_writer start(bytes);
  for (const Hyperparameter& hyperparameter : session.hyperparameters) {
    pbf_writer entry(start, 1);
    entry.add_string(1, hyperparameter.name);
    add_value(entry, hyperparameter);
  }
  start.add_double(5, now());
  return bytes;
}

std::string end_of(SessionEnd how) {
  std::string bytes;
  pbf_writer end(bytes);
  end.add_enum(1, static_cast<int>(how));
  end.add_double(2, now());
  return bytes;
}

/// The plugin reads the metadata of a tensor that is itself empty: no floats, in one dimension of length 0.
std::string hparams_event(std::int64_t step, std::string_view tag, protozero::pbf_tag_type field,
                          const std::string& content) {
  return make_event(step, [&](pbf_writer& event) {
    pbf_writer summary(event, event::summary), value(summary, 1);
    add_text(value, value::tag, tag);
    {
      pbf_writer tensor(value, value::tensor);
      tensor.add_enum(1, 1);
      pbf_writer shape(tensor, 2), dimension(shape, 2);
    }
    std::string data;
    pbf_writer(data).add_message(field, content);
    pbf_writer metadata(value, value::metadata), plugin(metadata, 1);
    plugin.add_string(1, "hparams");
    plugin.add_bytes(2, data);
  });
}

}  // namespace

EventFile::EventFile(const fs::path& folder, std::int64_t last_step)
    : last_step_(last_step), file_(new_event_file(folder)) {
  for (const fs::path& path : event_files(folder)) {
    const EarlierEvents found = shorten_events(path, last_step);
    has_session_ |= found.has_session;
    if (found.damaged) damaged_.push_back(path);
  }
  std::string version;
  pbf_writer event(version);
  event.add_double(event::wall_time, now());
  event.add_string(event::file_version, "brain.Event:2");
  add(version);
  // Tells a TensorBoard that has read the lines just cut off to forget them.
  add(make_event(last_step + 1, [](pbf_writer& event) {
    pbf_writer log(event, event::session_log);
    log.add_enum(1, 1);
  }));
  flush();
}

EventFile::~EventFile() {
  try {
    flush();
  } catch (const std::exception&) {
  }
}

void EventFile::scalars(std::int64_t step, std::span<const ScalarEvent> scalars) {
  add(make_event(step, [&](pbf_writer& event) {
    pbf_writer summary(event, event::summary);
    for (const ScalarEvent& scalar : scalars) {
      pbf_writer value(summary, 1);
      add_text(value, value::tag, scalar.tag);
      value.add_float(value::simple_value, static_cast<float>(scalar.value));
    }
  }));
}

void EventFile::histogram(std::int64_t step, std::string_view tag, const Histogram& histogram) {
  if (histogram.count == 0) return;
  add(make_event(step, [&](pbf_writer& event) {
    pbf_writer summary(event, event::summary), value(summary, 1);
    add_text(value, value::tag, tag);
    pbf_writer message(value, value::histo);
    message.add_double(histo::min, histogram.min);
    message.add_double(histo::max, histogram.max);
    message.add_double(histo::num, histogram.count);
    message.add_double(histo::sum, histogram.sum);
    message.add_double(histo::sum_squares, histogram.sum_squares);
    message.add_packed_double(histo::limits, histogram.limits.begin(), histogram.limits.end());
    message.add_packed_double(histo::counts, histogram.counts.begin(), histogram.counts.end());
  }));
}

void EventFile::begin_session(const EventSession& session) {
  if (has_session_) return;
  has_session_ = true;
  add(hparams_event(last_step_, "_hparams_/experiment", hparams::experiment, experiment_of(session)));
  add(hparams_event(last_step_, session_start_tag, hparams::session_start, start_of(session)));
}

void EventFile::end_session(std::int64_t last_step, SessionEnd how) {
  add(hparams_event(last_step + 1, "_hparams_/session_end_info", hparams::session_end, end_of(how)));
}

void EventFile::add(std::string_view event) {
  append_record(waiting_, event);
  if (waiting_.size() >= buffer_size) flush();
}

void EventFile::flush() {
  if (waiting_.empty()) return;
  file_.append_bytes(waiting_);
  waiting_.clear();
}

}  // namespace carousel
