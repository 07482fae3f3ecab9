#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"
#include "carousel/io/torch_file.h"

#include "io/temporary_folder.h"
#include "io/torch_bytes.h"

namespace carousel {
namespace {

using namespace pickled;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(TorchFileReader, IsNotLedAstrayByDeepNestingCyclesOrSharing) {
  const auto refuse = [](const std::string& pickle) {
    return message_of<Error>([&] { read_all(file(program(pickle))); });
  };
  const std::string zero(1, '\0');
  std::string deep_dicts, deep_tuples = ")", doubled = "}q" + zero;
  for (int i = 0; i < 100'000; ++i) deep_dicts += "}" + text("a");
  deep_dicts += "N" + std::string(100'000, 's');
  deep_tuples += std::string(1'000'000, '\x85');
  for (int i = 0; i < 60; ++i) {  // each level holds the one before it twice: 2^60 paths
    const std::string before = "h" + std::string(1, static_cast<char>(i));
    doubled = dict({{"a", doubled}, {"b", before}}) + "q" + static_cast<char>(i + 1);
  }
  const std::string cycle = "}q" + zero + text("self") + "h" + zero + "s";
  EXPECT_THAT(refuse(deep_dicts), HasSubstr("its entry \"a\" is a dict"));
  EXPECT_THAT(refuse(deep_tuples), HasSubstr("it holds a tuple"));
  EXPECT_THAT(refuse(doubled), HasSubstr("its entry \"a\" is a dict"));
  EXPECT_THAT(refuse(cycle), HasSubstr("its entry \"self\" is a dict"));
  EXPECT_THAT(refuse("](" + std::string(5'000'000, 'N') + "e"), HasSubstr("it holds another value"));
  EXPECT_THAT(refuse(std::string(3'000'000, '}')), HasSubstr("more than 2097152 values"));
}

TEST(TorchFileReader, FindsAStateDictUnderEachOfItsKeysAndRefusesAnAmbiguousOne) {
  const std::string zero(1, '\0'), w = dict({{"w", tensor(0, {1}, {1})}});
  const TorchFile shared(file(program(dict({{"a", w + "q" + zero}, {"b", "h" + zero}}))), "m.pt");
  EXPECT_THAT(shared.state_dicts(), ElementsAre("a", "b"));
  EXPECT_EQ(shared.tensors().size(), 1u);
  EXPECT_EQ(shared.tensors("b").size(), 1u);
  const TorchFile twice(file(program(dict({{"a.b", w}, {"a", dict({{"b", w}})}}))), "m.pt");
  EXPECT_THAT(message_of<Error>([&] { twice.tensors("a.b"); }),
              HasSubstr("several dicts under the key \"a.b\""));
}

TEST(TorchFileReader, TakesNoMoreTimeForManyDictsThanTheFileIsLong) {
  const std::string key(900, 'k'), value = tensor(0, {1}, {1}) + "q" + std::string(1, '\0');
  std::string many = "}(";
  for (int i = 0; i < 200'000; ++i)
    many += text(std::to_string(i)) +
            (i == 0 ? dict({{"w", value}}) : "}" + text("w") + "h" + std::string(1, '\0') + "s");
  const TorchFile opened(file(program(dict({{key, many + "u"}}))), "m.pt");
  EXPECT_LE(opened.state_dicts().size(), 10'000u);
}

/// Names that libzip's hash function (33 h + c, 32 bits) maps to the same value.
std::vector<std::string> colliding_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) {
    std::string name;
    for (std::size_t bit = 0; bit < 18; ++bit) name += (i >> bit & 1) != 0 ? "Bc" : "CB";
    names.push_back(name);
  }
  return names;
}

TEST(TorchFileReader, RefusesMoreEntriesThanItWouldFindInTimeIfTheirNamesCollide) {
  const auto read = [](std::size_t count) {
    std::vector<ZipEntry> entries{{"archive/data.pkl", {}}};
    for (const auto& name : colliding_names(count)) entries.push_back({"archive/" + name, {}});
    return message_of<Error>([&] { TorchFile(zip_stored(entries), "m.pt"); });
  };
  EXPECT_THAT(read(3000), HasSubstr("claims 1 bytes where 0 are left"));
  EXPECT_THAT(read(17'000), HasSubstr("more than 16384 entries"));
}

/// A byte flipped, a stretch removed or doubled.
std::string mutate_pickle(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t end) { return random() % std::max<std::size_t>(end, 1); };
  for (std::size_t times = 1 + below(3); times > 0; --times) {
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0:
        text.erase(at, below(6));
        break;
      case 1:
        text.insert(at, text.substr(below(text.size()), below(20)));
        break;
      default:
        if (!text.empty()) text[at] = static_cast<char>(random());
    }
  }
  return text;
}

TEST(TorchFileReader, MeetsRandomDamageWithAnErrorOrASoundResult) {
  const std::string pickle = program(dict(
      {{"model", dict({{"w", tensor(0, {2, 2}, {2, 1})}, {"v", tensor(1, {2}, {0})}})}, {"epoch", "K\3"}}));
  const std::string whole = file(pickle);
  std::mt19937 random(20261124);
  int refused = 0;
  for (int i = 0; i < 6'000; ++i) {
    const std::string damaged =
        i % 2 == 0 ? mutate_pickle(whole, random) : file(mutate_pickle(pickle, random));
    try {
      for (const auto& data : read_all(damaged)) {
        ASSERT_EQ(data.find_first_not_of('\1'), std::string::npos)
            << "an element that the file does not hold";
      }
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 3'000);
  EXPECT_LT(refused, 6'000);
}

}  // namespace
}  // namespace carousel
