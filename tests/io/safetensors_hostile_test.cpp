#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"
#include "carousel/io/safetensors.h"

#include "io/safetensors_bytes.h"
#include "io/temporary_folder.h"

namespace carousel {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct MalformedFile {
  std::string what;
  std::string file;
  std::string reason;
};

std::vector<MalformedFile> malformed_files() {
  const std::string w = tensor("w", "F32", "[2]", "[0,8]");
  const auto alone = [](const std::string& member, std::size_t data = 8) {
    return file_of("{" + member + "}", data);
  };
  std::string many_dimensions = "[1";
  for (int i = 0; i < 64; ++i) many_dimensions += ",1";
  return {
      {"nothing", "", "it has 0 bytes"},
      {"less than a length", "\x02\x00", "8 are the least"},
      {"no header", length_prefix(0), "does not begin with '{'"},
      {"length beyond the file", length_prefix(20) + "{}", "20 bytes long where 2 are left"},
      {"length over 100 MB", length_prefix(100'000'001) + "{}", "over 100 MB"},
      {"length that overflows", length_prefix(~std::uint64_t{0}) + "{}", "18446744073709551615 bytes long"},
      {"an array", file_of("[]", 0), "does not begin with '{'"},
      {"a byte order mark", file_of("\xef\xbb\xbf{}", 0), "does not begin with '{'"},
      {"leading spaces", file_of("  {}", 0), "does not begin with '{'"},
      {"broken JSON", file_of("{\"w\":", 0), "not valid JSON at its byte"},
      {"JSON and more", file_of("{}{}", 0), "not valid JSON"},
      {"zero padding", file_of(std::string("{}\0\0", 4), 0), "not valid JSON at its byte 3"},
      {"a number beyond any double", alone(tensor("w", "F32", "[1e999]", "[0,8]")), "not valid JSON"},
      {"a name that is not UTF-8", alone(tensor("\xff\xfe", "F32", "[2]", "[0,8]")), "not valid UTF-8"},
      {"a half surrogate", alone(tensor("\\ud800", "F32", "[2]", "[0,8]")), "not valid"},
      {"a tensor twice", alone(w + "," + w), "\"w\" comes twice"},
      {"metadata twice", alone(R"("__metadata__":{},"__metadata__":{})", 0), "\"__metadata__\" comes twice"},
      {"a metadata key twice", alone(R"("__metadata__":{"a":"1","a":"2"})", 0),
       "metadata key \"a\" comes twice"},
      {"a metadata number", alone(R"("__metadata__":{"a":1})", 0), "metadata key \"a\" is 1 where a text"},
      {"nested metadata", alone(R"("__metadata__":{"a":{"b":"c"}})", 0), "metadata key \"a\" is an object"},
      {"metadata that is a text", alone(R"("__metadata__":"x")", 0),
       "\"__metadata__\" is the text \"x\" where"},
      {"a tensor that is null", alone(R"("w":null)", 0), "\"w\" is null where an object"},
      {"a field twice", alone(R"("w":{"dtype":"U8","dtype":"I8","shape":[],"data_offsets":[0,1]})", 1),
       "has dtype twice"},
      {"an unknown field", alone(R"("w":{"strides":[1]})", 0), "unknown field \"strides\""},
      {"no dtype", alone(R"("w":{"shape":[2],"data_offsets":[0,8]})"), "has no dtype"},
      {"no shape", alone(R"("w":{"dtype":"F32","data_offsets":[0,8]})"), "has no shape"},
      {"no offsets", alone(R"("w":{"dtype":"F32","shape":[2]})"), "has no data_offsets"},
      {"an unknown dtype", alone(tensor("w", "F128", "[2]", "[0,8]")), "unknown dtype \"F128\""},
      {"a dtype in small letters", alone(tensor("w", "f32", "[2]", "[0,8]")), "unknown dtype \"f32\""},
      {"a dtype that is a number", alone(R"("w":{"dtype":32})", 0), "has 32 as its dtype"},
      {"a shape that is a number", alone(R"("w":{"shape":2})", 0), "has 2 as its shape"},
      {"a negative size", alone(tensor("w", "F32", "[-2]", "[0,8]")), "has -2 in its shape"},
      {"a broken size", alone(tensor("w", "F32", "[2.5]", "[0,8]")), "has 2.5 in its shape"},
      {"a size that is a text", alone(tensor("w", "F32", "[\"2\"]", "[0,8]")), "the text \"2\" in its shape"},
      {"a size over 2^63", alone(tensor("w", "F32", "[9223372036854775808]", "[0,8]")),
       "has 9223372036854775808 in"},
      {"a size over 2^64", alone(tensor("w", "F32", "[18446744073709551617]", "[0,8]")),
       "has 1.84467e+19 in its"},
      {"a shape that overflows", alone(tensor("w", "F32", "[4294967296,4294967296]", "[0,8]")),
       "which overflows"},
      {"an empty one that overflows", alone(tensor("w", "U8", "[0,4294967296,4294967296]", "[0,0]"), 0),
       "overflows"},
      {"a shape that wraps to 8", alone(tensor("w", "F64", "[2305843009213693953]", "[0,8]")), "overflows"},
      {"too many dimensions", alone(tensor("w", "F32", many_dimensions + "]", "[0,4]"), 4),
       "more than 64 dimensions"},
      {"one offset", alone(tensor("w", "F32", "[2]", "[8]")), "has 1 data_offsets"},
      {"three offsets", alone(tensor("w", "F32", "[2]", "[0,8,16]")), "more than two data_offsets"},
      {"a negative offset", alone(tensor("w", "F32", "[2]", "[-8,0]")), "has -8 in its data_offsets"},
      {"offsets backwards", alone(tensor("w", "F32", "[2]", "[8,0]")), "[8, 0] outside the 8 bytes"},
      {"an offset outside", alone(tensor("w", "F32", "[2]", "[8,16]")), "[8, 16] outside the 8 bytes"},
      {"an offset far outside", alone(tensor("w", "F32", "[2]", "[0,18446744073709551615]")), "outside"},
      {"too few bytes", alone(tensor("w", "F32", "[3]", "[0,8]")),
       "needs 12 bytes, but its data_offsets [0, 8] hold 8"},
      {"too many bytes", alone(tensor("w", "F32", "[]", "[0,8]")), "needs 4 bytes"},
      {"half a byte", alone(tensor("w", "F4", "[3]", "[0,2]"), 2), "not a whole number of bytes"},
      {"overlapping tensors", alone(w + "," + tensor("v", "F32", "[2]", "[4,12]"), 12), "\"v\" overlaps"},
      {"the same bytes twice", alone(w + "," + tensor("v", "F32", "[2]", "[0,8]")), "overlaps"},
      {"a hole", alone(w + "," + tensor("v", "U8", "[1]", "[9,10]"), 10), "bytes 8 to 9 before tensor \"v\""},
      {"a hole at the start", alone(tensor("w", "F32", "[2]", "[4,12]"), 12), "bytes 0 to 4 before"},
      {"bytes at the end", alone(w, 11), "the last 3 of 11 bytes"},
      {"data without tensors", file_of("{}", 5), "the last 5 of 5 bytes"},
      {"deep nesting", file_of("{\"w\":{\"shape\":" + std::string(1'000'000, '['), 0),
       "has an array in its shape"},
      {"deep objects", file_of("{\"w\":{\"shape\":{\"a\":" + std::string(1'000'000, '{'), 0),
       "has an object as its shape"},
      {"an array among tensors", file_of("{\"w\":[[[[", 0), "\"w\" is an array where an object"},
  };
}

TEST(SafetensorsReader, NamesTheFileAndTheReasonForEachMalformedFile) {
  for (const MalformedFile& malformed : malformed_files()) {
    SCOPED_TRACE(malformed.what);
    EXPECT_THAT(message_of<Error>([&] { parse_safetensors(bytes_of(malformed.file), "m.safetensors"); }),
                AllOf(HasSubstr("'m.safetensors'"), HasSubstr(malformed.reason)));
  }
}

TEST(SafetensorsReader, ShowsNoControlCharactersAndNoEndlessNamesInItsMessages) {
  const std::string name = "\\u001b[31m" + std::string(100'000, 'n');
  const std::string file = file_of("{" + tensor(name, "F32", "[3]", "[0,8]") + "}", 8);
  const std::string message = message_of<Error>([&] { parse_safetensors(bytes_of(file)); });
  EXPECT_LT(message.size(), 400u);
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_THAT(message, HasSubstr("needs 12 bytes"));
}

TEST(SafetensorsReader, AcceptsTrailingSpacesEmptyTensorsAndUnalignedData) {
  const std::string header = "{" + tensor("a", "U8", "[3]", "[0,3]") + "," +
                             tensor("b", "F32", "[1]", "[3,7]") + "," +
                             tensor("none", "F32", "[0,5]", "[3,3]") + "}     ";
  const std::string file = file_of(header, 7);
  EXPECT_EQ(parse_safetensors(bytes_of(file)).tensors.size(), 3u);
}

/// A byte flipped, a stretch removed or doubled, or a piece of JSON put in.
std::string mutate(std::string file, std::mt19937& random) {
  static const std::array<std::string, 12> pieces{
      "{", "}", "[", "]", "\"", ",", "-1", "9e99", "null", "\\u0000", "4294967296", "\"dtype\":"};
  const auto below = [&](std::size_t end) { return random() % std::max<std::size_t>(end, 1); };
  for (std::size_t times = 1 + below(4); times > 0; --times) {
    const std::size_t at = below(file.size());
    switch (below(5)) {
      case 0:
        if (!file.empty()) file[at] = static_cast<char>(random());
        break;
      case 1:
        file.erase(at, below(12));
        break;
      case 2:
        file.insert(at, file.substr(below(file.size()), below(40)));
        break;
      case 3:
        file.insert(at, pieces[below(pieces.size())]);
        break;
      default:
        if (!file.empty()) file[at] = static_cast<char>('0' + below(10));
    }
  }
  // Most mutations should be stopped by what comes after the length.
  if (file.size() > 8 && below(4) != 0)
    file.replace(0, 8, length_prefix(file.size() - 8 - below(60) % (file.size() - 8)));
  return file;
}

TEST(SafetensorsReader, RefusesAHeaderOfTerabytesWithoutReadingIt) {
  const TemporaryFolder folder;
  put(folder / "large.safetensors", length_prefix(std::uint64_t{1} << 39) + "{");
  std::filesystem::resize_file(folder / "large.safetensors",
                               std::uintmax_t{1} << 40);  // a hole: no disk is used
  EXPECT_THAT(message_of<Error>([&] { read_safetensors(folder / "large.safetensors"); }),
              AllOf(HasSubstr("large.safetensors"), HasSubstr("549755813888 bytes long, over 100 MB")));
}

TEST(SafetensorsReader, MeetsRandomDamageWithAnErrorOrASoundResult) {
  const std::string original =
      file_of("{" + tensor("a", "F32", "[2,3]", "[0,24]") + "," + tensor("b", "I8", "[2]", "[24,26]") +
                  R"(,"__metadata__":{"k":"v"}})",
              26);
  std::mt19937 random(20240607);
  int refused = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 20'000; ++i) {
    const std::string file = mutate(original, random);
    try {
      for (const TensorView& tensor : parse_safetensors(bytes_of(file)).tensors) {
        ASSERT_TRUE(tensor.data.empty() ||
                    (tensor.data.data() >= bytes_of(file).data() &&
                     tensor.data.data() + tensor.data.size() <= bytes_of(file).data() + file.size()));
      }
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 15'000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20))
      << "bounded time is part of the promise";
}

}  // namespace
}  // namespace carousel
