#include "carousel/io/safetensors.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

#include "io/safetensors_bytes.h"
#include "io/temporary_folder.h"

namespace carousel {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Safetensors, WritesTheseExactBytes) {
  const TemporaryFolder folder;
  const std::string numbers("\x00\x00\x80\x3f\x00\x00\x00\x40", 8);  // 1.0f, 2.0f
  const std::string flags("\x01\x00\x01", 3);
  const std::array tensors{TensorView{"flags", DType::BOOL, {3}, bytes_of(flags)},
                           TensorView{"w", DType::F32, {1, 2}, bytes_of(numbers)}};
  write_safetensors(folder / "x", tensors, {{"format", "pt"}});
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
      R"("flags":{"dtype":"BOOL","shape":[3],"data_offsets":[8,11]}})";
  EXPECT_EQ(content_of(folder / "x"),
            std::string("\x98\0\0\0\0\0\0\0", 8) + header + "      " + numbers + flags);
}

TEST(Safetensors, WritesTheSameBytesInWhateverOrderTheTensorsCome) {
  const TemporaryFolder folder;
  const std::string data(8, 'x');
  std::vector<TensorView> tensors{{"b", DType::F32, {2}, bytes_of(data)},
                                  {"a", DType::F32, {2}, bytes_of(data)},
                                  {"c", DType::I64, {1}, bytes_of(data)},
                                  {"none", DType::F32, {0}, {}}};
  write_safetensors(folder / "x", tensors);
  std::ranges::reverse(tensors);
  write_safetensors(folder / "y", tensors);
  EXPECT_EQ(content_of(folder / "x"), content_of(folder / "y"));
  EXPECT_EQ(read_safetensors(folder / "x").tensors()[0].name, "c");
}

TEST(Safetensors, GivesBackEveryTypeShapeByteAndNote) {
  const TemporaryFolder folder;
  std::vector<std::string> storage;
  std::vector<TensorView> written;
  for (int i = 0; i <= static_cast<int>(DType::U64); ++i) {
    const auto dtype = static_cast<DType>(i);
    EXPECT_EQ(dtype_from_name(dtype_name(dtype)), dtype);
    storage.emplace_back(static_cast<std::size_t>(8 * dtype_bits(dtype) / 8), static_cast<char>(i - 5));
    written.push_back({"tensor \"" + std::string(dtype_name(dtype)) + "\" \xc3\xa4", dtype, {2, 1, 4}, {}});
  }
  for (std::size_t i = 0; i < written.size(); ++i) written[i].data = bytes_of(storage[i]);
  const std::string one(8, '1');
  written.push_back({"scalar", DType::F64, {}, bytes_of(one)});
  written.push_back({"empty", DType::F16, {3, 0}, {}});
  const SafetensorsMetadata metadata{{"format", "pt"}, {"note", "line\nand \"quote\""}};
  write_safetensors(folder / "x", written, metadata);

  const SafetensorsFile file = read_safetensors(folder / "x");
  EXPECT_EQ(file.metadata(), metadata);
  ASSERT_EQ(file.tensors().size(), written.size());
  for (const TensorView& tensor : written) {
    const TensorView* found = file.find(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->dtype, tensor.dtype) << tensor.name;
    EXPECT_EQ(found->shape, tensor.shape) << tensor.name;
    EXPECT_TRUE(std::ranges::equal(found->data, tensor.data)) << tensor.name;
  }
  EXPECT_EQ(file.find("absent"), nullptr);
}

TEST(Safetensors, HoldsNoTensorAtAllIfNoneIsGiven) {
  const TemporaryFolder folder;
  write_safetensors(folder / "x", {});
  EXPECT_EQ(content_of(folder / "x"), length_prefix(8) + "{}      ");
  EXPECT_TRUE(read_safetensors(folder / "x").tensors().empty());
}

TEST(Safetensors, KeepItsBytesAliveWhenTheFileIsCopiedAndMoved) {
  const TemporaryFolder folder;
  const std::string data(8, 'x');
  write_safetensors(folder / "x", std::array{TensorView{"w", DType::F32, {2}, bytes_of(data)}});
  SafetensorsFile moved = [&] {
    SafetensorsFile first = read_safetensors(folder / "x");
    const SafetensorsFile copy = first;
    return copy;
  }();
  EXPECT_TRUE(std::ranges::equal(moved.find("w")->data, bytes_of(data)));
}

TEST(Safetensors, KeepTheOrderOfTheDataNotOfTheHeader) {
  const std::string file =
      file_of("{" + tensor("z", "U8", "[2]", "[1,3]") + "," + tensor("y", "U8", "[1]", "[0,1]") + "}", 3);
  const SafetensorsContents contents = parse_safetensors(bytes_of(file));
  ASSERT_EQ(contents.tensors.size(), 2u);
  EXPECT_EQ(contents.tensors[0].name, "y");
}

TEST(SafetensorsWriter, RefusesWhatNoReaderWouldAccept) {
  const TemporaryFolder folder;
  const std::string data(8, 'x');
  const TensorView sound{"w", DType::F32, {2}, bytes_of(data)};
  const auto refusal = [&](std::vector<TensorView> tensors, SafetensorsMetadata metadata = {}) {
    return message_of<Error>([&] { write_safetensors(folder / "x", tensors, metadata); });
  };
  EXPECT_THAT(refusal({sound, sound}),
              AllOf(HasSubstr("\"w\" comes twice"), HasSubstr((folder / "x").string())));
  EXPECT_THAT(refusal({{"w", DType::F32, {3}, bytes_of(data)}}), HasSubstr("needs 12 bytes"));
  EXPECT_THAT(refusal({{"w", DType::F32, {-2}, bytes_of(data)}}), HasSubstr("-2 in its shape"));
  EXPECT_THAT(refusal({{"w", DType::F4, {15}, bytes_of(data)}}), HasSubstr("whole number of bytes"));
  EXPECT_THAT(refusal({{"__metadata__", DType::F32, {2}, bytes_of(data)}}), HasSubstr("cannot be called"));
  EXPECT_THAT(refusal({{"\xff", DType::F32, {2}, bytes_of(data)}}), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal({sound}, {{"k", "\xc3"}}), HasSubstr("not UTF-8"));
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(SafetensorsReader, OpensWhatItIsGivenOrNamesIt) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<Error>([&] { read_safetensors(folder / "gone"); }), HasSubstr("No such file"));
  put(folder / "text", "This is not a model.");
  EXPECT_THAT(message_of<Error>([&] { read_safetensors(folder / "text"); }),
              HasSubstr((folder / "text").string()));
}

}  // namespace
}  // namespace carousel
