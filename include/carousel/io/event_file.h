// TensorBoard's event files: scalars, histograms and hyperparameters that `tensorboard --logdir` shows while
// a run goes on.
//
//   carousel::EventFile events("runs/x/tb", 0);
//   events.scalars(1, {{"train/loss", 1.48}, {"train/lr", 1e-3}});
//   events.histogram(1, "flow/log10_dh/l0", carousel::Histogram::of(norms));
//   events.flush();                                          // TensorBoard sees it from here on
//
// A file is a sequence of records (tfrecord.h) that hold protocol buffers, by the field numbers of
// event.proto, summary.proto and the hparams plugin's own,
// https://github.com/tensorflow/tensorboard/tree/master/tensorboard.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "carousel/io/file.h"

namespace carousel {

/// A figure under the name it has in TensorBoard; what stands before the first '/' groups them.
struct ScalarEvent {
  std::string_view tag;
  double value = 0.0;  ///< kept as a float
};

/// How often values fell between limits.
struct Histogram {
  double min = 0.0, max = 0.0, sum = 0.0, sum_squares = 0.0;
  double count = 0.0;
  std::vector<double> limits = {};  ///< upper end of each bucket, rising; the last is max
  std::vector<double> counts = {};  ///< of each bucket

  /// Buckets of equal width from the smallest value to the largest, the lower end of each counted to the
  /// bucket before it; one bucket when all are equal. Values that are not finite are left out.
  static Histogram of(std::span<const double> values, std::size_t buckets = 30);
};

/// One hyperparameter with its value.
struct Hyperparameter {
  std::string name;
  std::variant<double, bool, std::string> value;
};

/// What the hparams plugin shows a run by.
struct EventSession {
  std::vector<Hyperparameter> hyperparameters;
  std::vector<std::string> metrics;  ///< tags of the scalars that tell how good it is
};

enum class SessionEnd { success = 1, failure = 2 };

/// Those of the event files in a folder with a record that somebody damaged; a last one cut short is not.
std::vector<std::filesystem::path> damaged_event_files(const std::filesystem::path& folder);

/// Throws Error and SystemError as io/file.h does.
class EventFile {
 public:
  /// Begins a file in the folder. From files that are there already, what comes after `last_step` is cut off:
  /// a resumed run writes those steps again. A last record cut short goes as well; a file that is damaged
  /// elsewhere keeps what comes after, and damaged() names it. TensorBoard reads all files of a folder as one run, in the order
  /// of their names; this one's comes last.
  EventFile(const std::filesystem::path& folder, std::int64_t last_step);
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;

  /// Flushes; an error is lost here, so call flush() first.
  ~EventFile();

  /// The figures of one step. Those that are not finite are written as they are; TensorBoard marks them.
  void scalars(std::int64_t step, std::span<const ScalarEvent> scalars);
  void scalars(std::int64_t step, std::initializer_list<ScalarEvent> list) { scalars(step, std::span(list)); }

  /// Nothing is written for an empty histogram.
  void histogram(std::int64_t step, std::string_view tag, const Histogram& histogram);

  /// The run's hyperparameters; nothing when an earlier file of the folder still has them, of which
  /// TensorBoard shows the first.
  void begin_session(const EventSession& session);

  /// How the run ended. A resumed run takes it back: `last_step` is that of the last update.
  void end_session(std::int64_t last_step, SessionEnd how);

  /// Hands everything to the kernel. Without it that happens every 64 kB.
  void flush();

  const std::filesystem::path& path() const { return file_.path(); }
  const std::vector<std::filesystem::path>& damaged() const { return damaged_; }

 private:
  void add(std::string_view event);

  std::int64_t last_step_;
  bool has_session_ = false;  // hyperparameters, in any of the files
  std::vector<std::filesystem::path> damaged_;
  AppendFile file_;
  std::string waiting_;
};

}  // namespace carousel
