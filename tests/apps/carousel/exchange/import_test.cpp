// carousel import and carousel export refuse what they cannot do in one sentence, and leave nothing behind.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/rnn.h>

#include "carousel/torch.h"
#include "carousel/train/state_dict.h"

#include "apps/carousel/run_command.h"

namespace carousel {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TensorMap weights_of(const torch::nn::Module& module, const std::string& prefix) {
  TensorMap tensors;
  for (const auto& [name, tensor] : state_dict(module)) tensors[prefix + name] = tensor;
  return tensors;
}

struct BadImport {
  std::string name;
  std::vector<std::string> words, in_message;
};

class RefusesABadImport : public ::testing::TestWithParam<BadImport> {};

TEST_P(RefusesABadImport, WithOneSentenceAndLeavesNothing) {
  const Scratch scratch;
  auto tensors = weights_of(*torch::nn::LSTM(2, 4), "rnn.");
  save_torch_file(scratch / "headless.pt", tensors);
  tensors.merge(weights_of(*torch::nn::Linear(4, 3), "fc."));
  save_tensors(scratch / "three.safetensors", tensors);
  save_torch_file(scratch / "three.pt", tensors);
  tensors = weights_of(*torch::nn::LSTM(2, 4), "rnn.");
  tensors.merge(weights_of(*torch::nn::Linear(4, 1), "fc."));
  save_tensors(scratch / "one.safetensors", tensors);
  put(scratch / "text.txt", "abc");
  std::string table = "a,b,y\n";
  for (int i = 0; i < 300; ++i) table += fmt::format("{},{},{}\n", i % 7, i % 5, i % 3);
  put(scratch / "table.csv", table);
  put(scratch / "vocabulary.json", "{\"a\": 0, \"b\": 1}");
  const auto before = contents_under(scratch.path());
  const Outcome outcome = scratch.run(GetParam().words);
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(outcome.error_lines(), 1u) << outcome.err;
  for (const std::string& part : GetParam().in_message) EXPECT_THAT(outcome.err, HasSubstr(part));
  EXPECT_THAT(outcome.out, IsEmpty());
  auto after = contents_under(scratch.path());
  for (const char* stream : {"stdout", "stderr"}) after.erase((scratch / stream).string());
  EXPECT_EQ(after.size(), before.size());
}

// The head's bias is a number, and its square, the loss, is none in float.
TEST(Import, OfWeightsWhoseLossIsInfiniteEndsWithExitCode3AndLeavesNothing) {
  const Scratch scratch;
  auto tensors = weights_of(*torch::nn::LSTM(2, 4), "rnn.");
  tensors.merge(weights_of(*torch::nn::Linear(4, 1), "fc."));
  tensors.at("fc.bias").fill_(1e30);
  save_tensors(scratch / "huge.safetensors", tensors);
  const Outcome outcome = scratch.run({"import", "huge.safetensors", "adding", "--name", "huge"});
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("the loss of the validation data is infinite"));
  EXPECT_THAT(outcome.err, HasSubstr("huge.safetensors"));
  EXPECT_TRUE(scratch.runs().empty());
}

const BadImport bad_imports[] = {
    {"NoFile", {"import"}, {"needs a file"}},
    {"Missing", {"import", "none.pt"}, {"none.pt"}},
    {"NoWeights", {"import", "text.txt", "adding"}, {"text.txt"}},
    {"UnknownTask", {"import", "one.safetensors", "addding"}, {"'adding'"}},
    {"OutputsThatDoNotFit", {"import", "three.pt", "adding"}, {"3 outputs", "adding wants 1"}},
    {"InputsThatDoNotFit", {"import", "one.safetensors", "reber"}, {"2 inputs", "reber has"}},
    {"NoTaskFits", {"import", "three.safetensors"}, {"2 inputs a step and 3 outputs", "adding, charlm"}},
    {"InputsOfATable",
     {"import", "one.safetensors", "series", "--data", "table.csv", "--target", "y"},
     {"reads 2 numbers a step and has 1 output, while 'table.csv' gives 3 numbers a step (a, b, y)",
      "wants 1 output, for 1 row of y: name the columns that it reads by --inputs"}},
    {"OutputsOfATable",
     {"import", "one.safetensors", "series", "--data", "table.csv", "--target", "y", "--inputs", "a,y",
      "--horizon", "12"},
     {"has 1 output, while 'table.csv' gives 2 numbers a step (a, y)",
      "wants 12 outputs, for 12 rows of y: say what it answers by --target and --horizon"}},
    {"BinaryHeadOfATable",
     {"import", "one.safetensors", "series", "--data", "table.csv", "--target", "y", "--inputs", "a,b",
      "--categorical", "y", "--split", "4,4,4", "--predict", "step"},
     {"has 1 output, while", "for the classes"}},
    {"NoData", {"import", "one.safetensors", "charlm"}, {"--text"}},
    {"AnotherCell", {"import", "one.safetensors", "--cell", "gru"}, {"gru", "4 blocks"}},
    {"SizesAreTheFiles", {"import", "one.safetensors", "--hidden", "8"}, {"--hidden"}},
    {"KeyOfSafetensors", {"import", "one.safetensors", "--key", "model"}, {"key"}},
    {"AlphabetWithoutSymbols",
     {"import", "one.safetensors", "adding", "--alphabet", "text.txt"},
     {"--alphabet", "adding"}},
    {"AlphabetThatIsNone",
     {"import", "three.safetensors", "charlm", "--text", "text.txt", "--alphabet", "vocabulary.json"},
     {"vocabulary.json", "[\"a\", \"b\"]"}},
    {"BadSetting", {"import", "one.safetensors", "--length", "1"}, {"--length is 1"}},
    {"NoRunToExport", {"export", "runs/x"}, {"runs/x"}},
    {"UnknownFormat", {"export", "runs/x", "--format", "onx"}, {"'onnx'"}},
};
INSTANTIATE_TEST_SUITE_P(Files, RefusesABadImport, ::testing::ValuesIn(bad_imports),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace carousel
