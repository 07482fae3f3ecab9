// What the task tests share: every task on a data set small enough to check by hand, and a model for it.
#pragma once

#include <map>

#include "carousel/model/sequence_model.h"
#include "carousel/recurrent/cell_registry.h"
#include "carousel/tasks/task_registry.h"
#include "carousel/torch.h"
#include "carousel/train/batch.h"

#include "data/data_support.h"

namespace carousel::test {

/// Small data sets in the formats of the real ones.
class StandIns {
 public:
  StandIns() {
    folder_.write("text.txt", text());
    folder_.write("names.txt", names());
    for (const char* part : {"train", "valid", "test"}) {  // four pieces, the last of a single step
      folder_.write(std::string("jsb.") + part + ".txt",
                    "0 4 7\n0 4\n-\n87\n\n3\n3 5\n\n1 2 3\n4 5 6\n7 8 9\n10\n-\n\n50\n");
    }
    folder_.write("JapaneseVowels_TRAIN.ts", series(20));
    folder_.write("JapaneseVowels_TEST.ts", series(7));
    folder_.write("table.csv", table());
    folder_.write("reviews.csv", reviews());
    write_images("train", 36);
    write_images("t10k", 5);
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  std::string file(const std::string& name) const { return (path() / name).string(); }

  /// What a task needs besides its defaults.
  std::map<std::string, SettingValue> settings_of(const std::string& task) const {
    if (task == "charlm") return {{"text", file("text.txt")}, {"batch", 3L}, {"length", 7L}};
    if (task == "names") return {{"text", file("names.txt")}, {"batch", 4L}};
    if (task == "music") return {{"data", path().string()}, {"batch", 2L}};
    if (task == "series") return {{"data", file("table.csv")}, {"target", "y"}, {"batch", 4L}};
    if (task == "classify") {
      return {{"data", file("reviews.csv")},
              {"text", std::string("review")},
              {"label", std::string("good")},
              {"batch", 4L}};
    }
    if (task == "vowels" || task == "mnist") return {{"data", path().string()}, {"batch", 4L}};
    return {{"batch", 4L}};
  }

  /// 240 rows of two numbers and a category.
  static std::string table() {
    std::string table = "y,x,wind\n";
    for (int i = 0; i < 240; ++i)
      table += std::to_string(i * i % 17) + "," + std::to_string(0.5 * (i % 5)) + (i % 3 ? ",NW\n" : ",SE\n");
    return table;
  }

  /// 80 texts of one to six words; a text is good when one of them is "sun".
  static std::string reviews() {
    const std::vector<std::string> words{"rain", "wind", "sun", "snow", "fog"};
    std::string table = "review,good\n";
    for (int i = 0; i < 80; ++i) {
      std::string text;
      for (int k = 0; k <= i % 6; ++k)
        text += (k > 0 ? " " : "") + words[static_cast<std::size_t>((i * 7 / 3 + k * (1 + i % 4)) % 5)];
      table += text + (text.find("sun") == text.npos ? ",no\n" : ",yes\n");
    }
    return table;
  }

  /// 400 characters over a, b, c, d.
  static std::string text() {
    std::string text;
    for (int i = 0; i < 400; ++i) text += "abcd"[i * i * 7 / 5 % 4];
    return text;
  }

  /// 60 names of one to seven letters.
  static std::string names() {
    std::string names;
    for (int i = 0; i < 60; ++i) {
      for (int letter = 0; letter <= i % 7; ++letter)
        names += static_cast<char>('a' + (i * 5 + letter * 3) % 26);
      names += '\n';
    }
    return names;
  }

  /// Cases of two channels and two to four steps, two of class x and two of class y in turn.
  static std::string series(int cases) {
    std::string text = "@univariate false\n@dimensions 2\n@equalLength false\n@classLabel true x y\n@data\n";
    for (int i = 0; i < cases; ++i) {
      for (int channel = 0; channel < 2; ++channel) {
        for (int t = 0; t < 2 + i % 3; ++t) {
          if (t > 0) text += ',';
          text += std::to_string(0.25 * (i + t * channel));
        }
        text += ':';
      }
      text += i / 2 % 2 ? "y\n" : "x\n";
    }
    return text;
  }

 private:
  /// Images of two rows and three columns, whose pixels count upwards; their digits go round.
  void write_images(const std::string& part, int count) const {
    const auto header = [&](char dimensions) {
      return std::string{0, 0, 8, dimensions, 0, 0, 0, static_cast<char>(count)};
    };
    std::string pixels = header(3), labels = header(1);
    pixels.append({0, 0, 0, 2, 0, 0, 0, 3});
    for (int i = 0; i < count; ++i) {
      for (int p = 0; p < 6; ++p) pixels += static_cast<char>(i * 6 + p);
      labels += static_cast<char>(i % 10);
    }
    folder_.write(part + "-images-idx3-ubyte", pixels);
    folder_.write(part + "-labels-idx1-ubyte", labels);
  }

  TemporaryFolder folder_;
};

inline std::unique_ptr<Task> make_task(const std::string& name,
                                       const std::map<std::string, SettingValue>& set,
                                       const TaskContext& context = {}) {
  const auto registry = TaskRegistry::with_built_in();
  const auto& spec = registry.find(name);
  Settings settings(spec.settings);
  for (const auto& [setting, value] : set) settings.set(setting, value);
  return spec.make(settings, context);
}

/// The default model of a task, in double, with the weights of a seed.
inline std::shared_ptr<SequenceModel> make_model(const Task& task,
                                                 const ModelOptions& options = {.hidden = 5}) {
  torch::manual_seed(1);
  auto model = std::make_shared<SequenceModel>(task.facts(), options, CellRegistry::with_built_in());
  model->to(torch::kDouble);
  return model;
}

/// Makes the head answer 0 whatever it sees.
inline void silence_head(SequenceModel& model) {
  const torch::NoGradGuard no_grad;
  for (auto& parameter : model.named_parameters()) {
    if (parameter.key().starts_with("head.")) parameter.value().zero_();
  }
}

/// The largest absolute difference.
inline double distance(const torch::Tensor& a, const torch::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

inline Batch in_double(const Batch& batch) {
  return batch.to(torch::kCPU, torch::kDouble);
}

}  // namespace carousel::test
