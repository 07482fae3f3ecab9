#include "carousel/model/packing.h"

#include "tasks/task_support.h"

namespace carousel {
namespace {

using test::message_of;
using testing::HasSubstr;

torch::Tensor lengths(std::vector<std::int64_t> numbers) {
  return torch::tensor(numbers);
}

TEST(Packing, KeepsTheRowsOfDataSortedByFallingLengthAndPutsThemBack) {
  const Packing packing(3, 3, lengths({1, 3, 2}));
  const auto padded = torch::arange(9).view({3, 3, 1});
  EXPECT_EQ(packing.sizes(), (std::vector<std::int64_t>{3, 2, 1}));
  const auto rows = packing.pack(padded);
  EXPECT_TRUE(rows.flatten().equal(torch::tensor({1, 2, 0, 4, 5, 7}, torch::kInt64)));
  const auto back = packing.unpack(rows).squeeze(-1);
  EXPECT_TRUE(back.equal(torch::tensor({{0, 1, 2}, {0, 4, 5}, {0, 7, 0}}, torch::kInt64)));
}

TEST(Packing, AgreesWithTorchsPackedSequences) {
  const auto length = lengths({4, 2, 6, 2, 6});
  const auto padded = torch::randn({6, 5, 3});
  const Packing packing(6, 5, length);
  const auto theirs = torch::nn::utils::rnn::pack_padded_sequence(padded, length, false, false);
  EXPECT_TRUE(packing.pack(padded).equal(theirs.data()));
  EXPECT_TRUE(torch::tensor(packing.sizes()).equal(theirs.batch_sizes()));
}

TEST(Packing, ReturnsStatesInTheOrderTheyCameIn) {
  const Packing packing(4, 3, lengths({2, 4, 3}));
  const auto states = torch::randn({2, 3, 5});
  EXPECT_FALSE(packing.sort({states}).front().equal(states));
  EXPECT_TRUE(packing.restore(packing.sort({states})).front().equal(states));
  EXPECT_TRUE(packing.sort({}).empty());
}

TEST(Packing, CopiesNothingWhenAllLengthsAreEqual) {
  const auto padded = torch::randn({4, 3, 2});
  for (const auto& length : {torch::Tensor(), lengths({4, 4, 4})}) {
    const Packing packing(4, 3, length);
    EXPECT_EQ(packing.pack(padded).data_ptr(), padded.data_ptr());
    EXPECT_TRUE(packing.unpack(packing.pack(padded)).equal(padded));
  }
}

TEST(Packing, RefusesLengthsThatDoNotFitTheBatch) {
  EXPECT_THAT(message_of([] { Packing(4, 3, lengths({4, 5, 1})); }), HasSubstr("from 1 to 4, not 5"));
  EXPECT_THAT(message_of([] { Packing(4, 3, lengths({4, 0, 1})); }), HasSubstr("not 0"));
  EXPECT_THAT(message_of([] { Packing(4, 3, lengths({4, 1})); }), HasSubstr("3 sequences has 2 lengths"));
  EXPECT_THAT(message_of([] { Packing(4, 3, lengths({4, -2, 1})); }), HasSubstr("not -2"));
  EXPECT_THAT(message_of([] { Packing(4, 3, torch::tensor({4.0, 1.5, 1.0})); }),
              HasSubstr("the lengths of a batch are Float: they must be whole numbers"));
  EXPECT_EQ(Packing(4, 3, lengths({4, 2, 1}).to(torch::kInt)).sizes(),
            (std::vector<std::int64_t>{3, 2, 1, 1}));
}

TEST(Packing, RefusesCarriedStatesOfAnotherBatch) {
  const Packing packing(4, 3, lengths({2, 4, 3}));
  EXPECT_THAT(message_of([&] { packing.sort({torch::zeros({1, 2, 5})}); }),
              HasSubstr("shape [1, 2, 5] was carried to a batch of 3 sequences"));
}

TEST(Packing, OfNoSequencesHasNoRows) {
  const Packing packing(4, 0, {});
  EXPECT_EQ(packing.unpack(packing.pack(torch::zeros({4, 0, 2}))).sizes(), at::IntArrayRef({4, 0, 2}));
}

}  // namespace
}  // namespace carousel
