#include "carousel/train/state_dict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>
#include <torch/serialize.h>

#include "carousel/io/file.h"

#include "io/temporary_folder.h"
#include "support/error_of.h"

namespace carousel {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;

void expect_same(const TensorMap& seen, const TensorMap& expected) {
  ASSERT_EQ(seen.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(seen.contains(name)) << name;
    EXPECT_EQ(seen.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(seen.at(name), tensor)) << name;
  }
}

TensorMap some_tensors() {
  return {{"transposed", torch::arange(6).view({2, 3}).t()},
          {"expanded", torch::ones({1}, torch::kDouble).expand({3})},
          {"half", torch::rand({4}).to(torch::kHalf)},
          {"flags", torch::tensor({true, false})},
          {"empty", torch::zeros({0, 3})},
          {"parameter", torch::rand({2}).requires_grad_()}};
}

TEST(StateDict, ComesBackFromEitherFormat) {
  const TemporaryFolder folder;
  const TensorMap tensors = some_tensors();
  save_tensors(folder / "x", tensors);
  save_torch_file(folder / "y", tensors);
  expect_same(load_tensors(folder / "x"), tensors);
  expect_same(load_tensors(folder / "y"), tensors);
}

TEST(StateDict, OfAFileThatTorchItselfPickledIsRead) {
  const TemporaryFolder folder;
  c10::Dict<std::string, torch::Tensor> pickled;
  const TensorMap tensors{{"a", torch::rand({2, 3})}, {"b", torch::arange(4)}};
  for (const auto& [name, tensor] : tensors) pickled.insert(name, tensor);
  const std::vector<char> bytes = torch::pickle_save(pickled);
  write_file_atomically(folder / "x", std::string_view(bytes.data(), bytes.size()));
  expect_same(load_tensors(folder / "x"), tensors);
}

TEST(StateDict, TakesAKeyOnlyWhereAFileCanHoldSeveral) {
  const TemporaryFolder folder;
  save_tensors(folder / "x", some_tensors());
  save_torch_file(folder / "y", some_tensors());
  EXPECT_THAT(error_of([&] { load_tensors(folder / "x", "model"); }), HasSubstr("leave out the key 'model'"));
  EXPECT_THAT(error_of([&] { load_tensors(folder / "y", "model"); }),
              HasSubstr("no dict under the key \"model\""));
}

TEST(StateDict, RefusesATypeThatNoFileHolds) {
  const TemporaryFolder folder;
  const TensorMap tensors{{"w", torch::zeros({1}, torch::kComplexDouble)}};
  EXPECT_THAT(error_of([&] { save_torch_file(folder / "x", tensors); }),
              HasSubstr("tensor w has type ComplexDouble"));
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(StateDict, ThatDoesNotFitIsRefusedWithEveryDifferenceAndChangesNothing) {
  torch::nn::Linear module(2, 3);
  const auto before = module->weight.clone();
  const TensorMap tensors{{"weight", torch::zeros({3, 1})}, {"scale", torch::zeros({3})}};
  EXPECT_THAT(error_of([&] { load_state_dict(*module, tensors, "x.pt"); }),
              AllOf(HasSubstr("x.pt does not fit the model; missing: bias; unexpected: scale; "),
                    HasSubstr("of another shape: weight is [3, 1], the model's is [3, 2]"),
                    Not(HasSubstr("prefix"))));
  EXPECT_TRUE(torch::equal(module->weight, before));
}

TEST(StateDict, ThatFitsButForAPrefixIsRefusedWithThePrefix) {
  torch::nn::LSTM module(2, 3);
  TensorMap longer, shorter;
  for (const auto& [name, tensor] : state_dict(*module)) {
    longer["module." + name] = tensor;
    shorter[name.substr(0, 1) == "w" ? name.substr(1) : name] = tensor;
  }
  EXPECT_THAT(error_of([&] { load_state_dict(*module, longer, "x.pt"); }),
              HasSubstr("the names fit once the prefix 'module.' is taken away"));
  EXPECT_THAT(error_of([&] { load_state_dict(*module, shorter, "x.pt"); }), Not(HasSubstr("prefix")));
  struct Wrapped : torch::nn::Module {
    Wrapped() { register_module("recurrent", lstm); }
    torch::nn::LSTM lstm{2, 3};
  } wrapped;
  EXPECT_THAT(error_of([&] { load_state_dict(wrapped, state_dict(*module), "x.pt"); }),
              HasSubstr("the names fit once the prefix 'recurrent.' is put in front"));
}

}  // namespace
}  // namespace carousel
