#include "carousel/io/json_text.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace carousel {
namespace {

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

TEST(JsonText, IsAValueOrDiscarded) {
  EXPECT_EQ(parse_json(R"({"a": [1, "]\"[[["]})")["a"][1], "]\"[[[");
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "\xff", "\"\xff\"", "nan", "1 2"})
    EXPECT_TRUE(parse_json(text).is_discarded()) << text;
}

TEST(JsonText, IsRefusedBeforeItsDepthTakesTheStack) {
  EXPECT_FALSE(parse_json(nested(100, '[', ']')).is_discarded());
  EXPECT_TRUE(parse_json(nested(101, '[', ']')).is_discarded());
  EXPECT_TRUE(parse_json(nested(10'000'000, '[', ']')).is_discarded());
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_TRUE(parse_json(objects + "1" + std::string(100'000, '}')).is_discarded());
}

TEST(JsonText, CountsNoBracketsInTexts) {
  EXPECT_FALSE(parse_json("\"" + std::string(1000, '[') + "\"").is_discarded());
}

}  // namespace
}  // namespace carousel
