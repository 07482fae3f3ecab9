// Tables of texts and labels, for the tests of classify.
#pragma once

#include "tasks/task_support.h"

namespace carousel::test {

/// A file "texts.csv" that lives as long as it.
class TextTable {
 public:
  explicit TextTable(const std::string& content) : path_(folder_.write("texts.csv", content).string()) {}

  std::map<std::string, SettingValue> settings(std::map<std::string, SettingValue> more = {}) const {
    more.merge(std::map<std::string, SettingValue>{
        {"data", path_}, {"text", std::string("text")}, {"label", std::string("label")}, {"batch", 8L}});
    return more;
  }
  std::unique_ptr<Task> task(std::map<std::string, SettingValue> more = {},
                             const TaskContext& context = {}) const {
    return make_task("classify", settings(std::move(more)), context);
  }
  std::string write(const std::string& name, const std::string& content) const {
    return folder_.write(name, content).string();
  }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

inline const std::map<std::string, SettingValue> by_column{{"split", std::string("column:part")}};

/// Four rows to learn from, in their order: a b, c a a, d, b (one, two, one, one).
inline const std::string few_rows =
    "part,text,label\n"
    "train,a b,one\ntrain,C a a!,two\ntrain,d,one\ntrain,b,one\n"
    "valid,a x,two\nvalid,b,one\nvalid,a,two\n"
    "test,,one\ntest,d c b a,two\n";

inline std::vector<std::int64_t> tokens_at(const Batch& batch, std::int64_t sequence) {
  const std::int64_t length =
      batch.lengths.defined() ? batch.lengths[sequence].item<std::int64_t>() : batch.steps();
  const auto column = batch.input.select(1, sequence).narrow(0, 0, length).contiguous();
  return {column.const_data_ptr<std::int64_t>(), column.const_data_ptr<std::int64_t>() + length};
}

using TextTokens = std::vector<std::int64_t>;

}  // namespace carousel::test
