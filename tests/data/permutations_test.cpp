#include "carousel/data/permutations.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::HasSubstr;

TEST(PermutationGroup, NumbersItsElementsInTheOrderOfTheirLists) {
  const PermutationGroup s3("S3");
  const std::vector<std::vector<int>> lists{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  ASSERT_EQ(s3.size(), 6);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(s3.element(i), lists[static_cast<std::size_t>(i)]) << i;
  const PermutationGroup a5("A5");  // of 01234 the even ones: 01342 is the first after the identity
  EXPECT_EQ(a5.element(1), (std::vector<int>{0, 1, 3, 4, 2}));
  EXPECT_EQ(a5.element(59), (std::vector<int>{4, 3, 2, 1, 0}));
}

TEST(PermutationGroup, DoesTheFirstArgumentOfAProductAfterTheSecond) {
  const PermutationGroup s3("S3");
  // 102 swaps 0 and 1, then 021 swaps 1 and 2: 0 -> 1 -> 2, 1 -> 0 -> 0, 2 -> 2 -> 1, which is 201; the other way round 120.
  EXPECT_EQ(s3.product(1, 2), 4);
  EXPECT_EQ(s3.product(2, 1), 3);
}

TEST(PermutationGroup, HasTheSizesAndLawsOfAGroup) {
  for (const auto& [name, size] : {std::pair("S2", 2), {"S3", 6}, {"A4", 12}, {"A5", 60}, {"S5", 120}}) {
    const PermutationGroup group(name);
    ASSERT_EQ(group.size(), size) << name;
    for (int a = 0; a < size; ++a) {
      EXPECT_EQ(group.product(a, 0), a);
      EXPECT_EQ(group.product(0, a), a);
      std::vector<bool> met(static_cast<std::size_t>(size));
      for (int b = 0; b < size; ++b) {
        const int ab = group.product(a, b);
        ASSERT_TRUE(ab >= 0 && ab < size) << name;  // an even one times an even one is even
        EXPECT_FALSE(met[static_cast<std::size_t>(ab)]) << name;
        met[static_cast<std::size_t>(ab)] = true;
        const int c = (7 * a + 3 * b) % size;
        EXPECT_EQ(group.product(ab, c), group.product(a, group.product(b, c)));
      }
    }
  }
}

TEST(PermutationGroup, RefusesAnotherNameWithTheOnesThereAre) {
  for (const char* name : {"", "S", "S1", "S6", "s3", "Z5", "S33"})
    EXPECT_THAT(message_of([&] { PermutationGroup{name}; }),
                testing::AllOf(HasSubstr("S2 to S5"), HasSubstr("'" + std::string(name) + "'")));
}

}  // namespace
}  // namespace carousel::test
