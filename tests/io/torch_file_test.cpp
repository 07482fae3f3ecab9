#include "carousel/io/torch_file.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"

#include "io/temporary_folder.h"
#include "io/torch_bytes.h"

namespace carousel {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What tests/io/torch_files/make.py wrote.
TorchFile fixture(const std::string& name) {
  return read_torch_file(std::filesystem::path(CAROUSEL_SOURCE_DIR) / "tests/io/torch_files" / name);
}

std::string refusal_of(const std::string& name, const std::string& key = "") {
  return message_of<Error>([&] {
    const TorchFile file = fixture(name);
    file.tensors(key);
  });
}

template <class T> std::vector<T> values(const StridedView& view) {
  std::vector<T> numbers(view.bytes() / sizeof(T));
  view.copy_to(std::as_writable_bytes(std::span(numbers)));
  return numbers;
}

const StridedView& find(const std::vector<StridedView>& views, const std::string& name) {
  const auto found = std::ranges::find(views, name, &StridedView::name);
  if (found == views.end()) throw std::out_of_range(name);
  return *found;
}

void expect_counted_lstm(const TorchFile& file) {
  const auto views = file.tensors();
  std::vector<std::string> names;
  float next = 0;
  for (const auto& view : views) {
    names.push_back(view.name);
    EXPECT_EQ(view.dtype, DType::F32);
    for (const float value : values<float>(view)) EXPECT_EQ(value, next++);
  }
  EXPECT_THAT(names, ElementsAre("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"));
  EXPECT_EQ(next, 84);
  EXPECT_THAT(views.at(0).shape, ElementsAre(12, 2));
}

TEST(TorchFile, HasTheStateDictOfAModuleInItsOrder) {
  EXPECT_THAT(fixture("lstm.pt").state_dicts(), ElementsAre(""));
  expect_counted_lstm(fixture("lstm.pt"));
}

TEST(TorchFile, IsReadInALaterPickleProtocolToo) {
  expect_counted_lstm(fixture("protocol_4.pt"));
}

TEST(TorchFile, HasTheModelAmongWhatElseACheckpointHolds) {
  const TorchFile file = fixture("checkpoint.pt");
  EXPECT_THAT(file.state_dicts(), ElementsAre("model"));
  for (const std::string key : {"", "model"}) {
    const auto views = file.tensors(key);
    EXPECT_THAT(values<float>(find(views, "weight")), ElementsAre(0, 1));
    EXPECT_THAT(values<float>(find(views, "bias")), ElementsAre(2));
  }
}

TEST(TorchFile, AsksForAKeyWhereThereAreSeveralStateDictsAndListsThem) {
  const TorchFile file = fixture("two.pt");
  EXPECT_THAT(file.state_dicts(), ElementsAre("checkpoint.model", "checkpoint.ema"));
  EXPECT_THAT(values<float>(file.tensors("checkpoint.ema").at(0)), ElementsAre(2));
  EXPECT_THAT(refusal_of("two.pt"), AllOf(HasSubstr("two.pt' holds several state dicts"),
                                          HasSubstr("\"checkpoint.model\", \"checkpoint.ema\"")));
  EXPECT_THAT(refusal_of("two.pt", "model"),
              AllOf(HasSubstr("no dict under the key \"model\""), HasSubstr("checkpoint.ema")));
  EXPECT_THAT(refusal_of("two.pt", "checkpoint"), HasSubstr("its entry \"model\" is a dict"));
  EXPECT_THAT(refusal_of("checkpoint.pt", "optimizer"), HasSubstr("its entry \"state\" is a dict"));
}

TEST(TorchFile, FollowsOffsetsStridesAndSharedStorages) {
  const TorchFile file = fixture("views.pt");
  const auto views = file.tensors();
  EXPECT_THAT(values<float>(find(views, "transposed")), ElementsAre(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11));
  EXPECT_THAT(find(views, "transposed").shape, ElementsAre(4, 3));
  EXPECT_THAT(values<float>(find(views, "part")), ElementsAre(2, 3, 4));
  EXPECT_THAT(values<float>(find(views, "every_third")), ElementsAre(1, 4, 7, 10));
  EXPECT_THAT(values<float>(find(views, "expanded")), ElementsAre(3, 3, 3, 3, 3, 3));
  EXPECT_THAT(values<float>(find(views, "scalar")), ElementsAre(7));
  EXPECT_THAT(find(views, "scalar").shape, IsEmpty());
  EXPECT_THAT(values<float>(find(views, "empty")), IsEmpty());
  EXPECT_THAT(find(views, "empty").shape, ElementsAre(0, 5));
  EXPECT_THAT(values<float>(find(views, "corner")), ElementsAre(2, 4, 8, 10));
  EXPECT_THAT(values<float>(find(views, "parameter")), ElementsAre(4, 5));
  EXPECT_EQ(find(views, "part").storage.data(), find(views, "base").storage.data());
}

TEST(TorchFile, HasEveryElementType) {
  const TorchFile file = fixture("types.pt");
  const auto views = file.tensors();
  EXPECT_EQ(views.size(), 16u);
  EXPECT_THAT(values<double>(find(views, "float64")), ElementsAre(0, 1, 2));
  EXPECT_THAT(values<std::uint16_t>(find(views, "float16")), ElementsAre(0, 0x3c00, 0x4000));
  EXPECT_THAT(values<std::uint16_t>(find(views, "bfloat16")), ElementsAre(0, 0x3f80, 0x4000));
  EXPECT_THAT(values<std::int64_t>(find(views, "int64")), ElementsAre(0, 1, 2));
  EXPECT_THAT(values<std::int8_t>(find(views, "int8")), ElementsAre(0, 1, 2));
  EXPECT_THAT(values<std::uint8_t>(find(views, "bool")), ElementsAre(0, 1, 1));
  EXPECT_THAT(values<float>(find(views, "complex64")), ElementsAre(0, 0, 1, 0, 2, 0));
  EXPECT_THAT(values<std::uint16_t>(find(views, "uint16")), ElementsAre(0, 1, 2));
  EXPECT_THAT(values<std::uint8_t>(find(views, "float8_e5m2")), ElementsAre(0, 0x3c, 0x40));
  EXPECT_EQ(find(views, "float8_e4m3fn").dtype, DType::F8_E4M3);
  EXPECT_EQ(find(views, "uint64").dtype, DType::U64);
}

TEST(TorchFile, SaysWhatItIsThatCannotBeReadAndWhatToDo) {
  EXPECT_THAT(refusal_of("module.pt"),
              AllOf(HasSubstr("module.pt'"), HasSubstr("torch.nn.modules.linear.Linear"),
                    HasSubstr("torch.save(model.state_dict(), path)")));
  EXPECT_THAT(refusal_of("legacy.pt"),
              AllOf(HasSubstr("before 1.6"), HasSubstr("torch.save(model.state_dict(), path)")));
  EXPECT_THAT(refusal_of("script.pt"),
              AllOf(HasSubstr("TorchScript"), HasSubstr("torch.save(model.state_dict(), path)")));
  EXPECT_THAT(refusal_of("conjugated.pt"), HasSubstr("resolve_conj()"));
  EXPECT_THAT(refusal_of("tensor.pt"), HasSubstr("it holds a tensor"));
  EXPECT_THAT(refusal_of("gone.pt"), HasSubstr("No such file"));
}

TEST(TorchFile, IsToldFromSafetensorsByItsFirstBytes) {
  EXPECT_TRUE(is_torch_file(pickled::sound_file()));
  EXPECT_TRUE(is_torch_file(pickled::program("N") + "12345678"));
  for (const std::size_t length : {0x280u, 0x380u, 0x4b50u, 8u}) {
    EXPECT_FALSE(is_torch_file(file_of(std::string(length, '{'), 0))) << length;
  }
  EXPECT_FALSE(is_torch_file(""));
}

TEST(TorchFileWriter, GivesBackEveryTypeShapeAndByte) {
  const TemporaryFolder folder;
  std::vector<std::string> data;
  std::vector<TensorView> written;
  const TorchFile types = fixture("types.pt");
  for (const auto& view : types.tensors()) {
    data.push_back(std::string(view.bytes(), static_cast<char>('a' + data.size())));
    written.push_back({"name \xc3\xa4 of " + view.name, view.dtype, {3, 1}, {}});
  }
  for (std::size_t i = 0; i < data.size(); ++i) written[i].data = bytes_of(data[i]);
  written.push_back({"scalar", DType::U8, {}, bytes_of(data[0]).first(1)});
  written.push_back({"empty", DType::F32, {0, 70'000}, {}});
  write_torch_file(folder / "x.pt", written);
  const TorchFile file = read_torch_file(folder / "x.pt");
  const auto read = file.tensors();
  ASSERT_EQ(read.size(), written.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    EXPECT_EQ(read[i].name, written[i].name);
    EXPECT_EQ(read[i].dtype, written[i].dtype);
    EXPECT_EQ(read[i].shape, written[i].shape);
    const auto bytes = values<std::byte>(read[i]);
    EXPECT_TRUE(std::ranges::equal(bytes, written[i].data)) << read[i].name;
  }
}

TEST(TorchFileWriter, WritesTheSameBytesEachTimeAndAlignsEveryStorageTo64) {
  const TemporaryFolder folder;
  const std::string a(4, 'A'), b(12, 'B');
  const std::vector<TensorView> tensors{{"a", DType::F32, {1}, bytes_of(a)},
                                        {"b", DType::F32, {3}, bytes_of(b)}};
  write_torch_file(folder / "x.pt", tensors);
  write_torch_file(folder / "y.pt", tensors);
  const std::string content = content_of(folder / "x.pt");
  EXPECT_EQ(content, content_of(folder / "y.pt"));
  EXPECT_EQ(content.find(a) % 64, 0u);
  EXPECT_EQ(content.find(b) % 64, 0u);
}

TEST(TorchFileWriter, HoldsNoTensorAtAllIfNoneIsGiven) {
  const TemporaryFolder folder;
  write_torch_file(folder / "x.pt", {});
  const TorchFile file = read_torch_file(folder / "x.pt");
  EXPECT_THAT(file.tensors(), IsEmpty());
}

TEST(TorchFileWriter, RefusesWhatTorchCouldNotRead) {
  const TemporaryFolder folder;
  const std::string data(8, 'x');
  const TensorView sound{"w", DType::F32, {2}, bytes_of(data)};
  const auto refusal = [&](const std::vector<TensorView>& tensors) {
    return message_of<Error>([&] { write_torch_file(folder / "x.pt", tensors); });
  };
  EXPECT_THAT(refusal({sound, sound}),
              AllOf(HasSubstr("\"w\" comes twice"), HasSubstr((folder / "x.pt").string())));
  EXPECT_THAT(refusal({{"w", DType::F32, {3}, bytes_of(data)}}), HasSubstr("needs 12 bytes and has 8"));
  EXPECT_THAT(refusal({{"w", DType::F32, {-2}, bytes_of(data)}}), HasSubstr("-2 in its shape"));
  EXPECT_THAT(refusal({{"w", DType::F4, {16}, bytes_of(data)}}), HasSubstr("type F4, which torch lacks"));
  EXPECT_THAT(refusal({{"\xff", DType::F32, {2}, bytes_of(data)}}), HasSubstr("not UTF-8"));
  EXPECT_TRUE(names_in(folder.path()).empty());
}

}  // namespace
}  // namespace carousel
