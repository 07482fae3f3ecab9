// .npy, .npz and .ts files as tables.
#include <zip.h>

#include <cmath>
#include <span>

#include "carousel/data/table_file.h"

#include "data/data_support.h"
#include "io/zip_archive.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

template <class Number> std::string bytes_of(const std::vector<Number>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)};
}

/// A .npy file of version 1 with this header and these values.
std::string npy_with(std::string header, const std::string& values) {
  header.resize((header.size() + 10) / 64 * 64 + 64 - 10, ' ');
  header.back() = '\n';
  std::string length{static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  return std::string("\x93NUMPY\x01\x00", 8) + length + header + values;
}

std::string npy(const std::string& type, const std::string& shape, const std::string& values,
                bool fortran = false) {
  return npy_with("{'descr': '" + type + "', 'fortran_order': " + (fortran ? "True" : "False") +
                      ", 'shape': " + shape + ", }",
                  values);
}

class TableArrays : public testing::Test {
 protected:
  Table read(const std::string& name, const std::string& content, const TableFormat& format = {}) const {
    return read_table({folder_.write(name, content)}, format);
  }
  std::string refused(const std::string& content, const std::string& name = "x.npy") const {
    return message_of([&] { read(name, content); });
  }
  const TemporaryFolder folder_;
};

TEST_F(TableArrays, HaveAColumnForEachOfTheLastDimension) {
  const std::vector<double> six{1, 2, 3, 4, 5, 6};
  const auto table = read("x.npy", npy("<f8", "(2, 3)", bytes_of(six)));
  EXPECT_THAT(table.names(), ElementsAre("x1", "x2", "x3"));
  EXPECT_THAT(table.columns[0].values, ElementsAre(1, 4));
  EXPECT_THAT(table.columns[2].values, ElementsAre(3, 6));
  EXPECT_THAT(table.place(1), HasSubstr("row 2 of '"));
  const auto fortran = read("x.npy", npy("<f8", "(2, 3)", bytes_of(six), true));
  EXPECT_THAT(fortran.columns[0].values, ElementsAre(1, 2));
  EXPECT_THAT(fortran.columns[2].values, ElementsAre(5, 6));
  EXPECT_THAT(read("x.npy", npy("<f8", "(6,)", bytes_of(six))).columns[0].values,
              ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(TableArrays, OfThreeDimensionsAreSequencesBelowOneAnother) {
  const auto values = bytes_of(std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  const auto table = read("x.npy", npy("<i4", "(2, 3, 2)", values));
  EXPECT_THAT(table.names(), ElementsAre("x1", "x2", "sequence"));
  EXPECT_THAT(table.columns[1].values, ElementsAre(1, 3, 5, 7, 9, 11));
  EXPECT_THAT(table.columns[2].values, ElementsAre(0, 0, 0, 1, 1, 1));
  EXPECT_THAT(table.columns[2].categories, ElementsAre("1", "2"));
  const auto fortran = read("x.npy", npy("<i4", "(2, 3, 2)", values, true));
  EXPECT_THAT(fortran.columns[0].values, ElementsAre(0, 2, 4, 1, 3, 5));  // n + 2 t
  const auto both = read_table({folder_.write("a.npy", npy("<i4", "(2, 3, 2)", values)),
                                folder_.write("b.npy", npy("<i4", "(1, 6, 2)", values))});
  EXPECT_THAT(both.columns[2].categories, ElementsAre("a 1", "a 2", "b 1"));
}

TEST_F(TableArrays, OfEveryTypeBecomeDoubles) {
  const auto first = [&](const std::string& type, const std::string& bytes) {
    return read("x.npy", npy(type, "(1,)", bytes)).columns[0].values[0];
  };
  EXPECT_EQ(first("|i1", "\x80"), -128);
  EXPECT_EQ(first("|u1", "\x80"), 128);
  EXPECT_EQ(first("<i2", bytes_of<std::int16_t>({-300})), -300);
  EXPECT_EQ(first("<u2", bytes_of<std::uint16_t>({65535})), 65535);
  EXPECT_EQ(first("<i4", bytes_of<std::int32_t>({-7})), -7);
  EXPECT_EQ(first("<u4", bytes_of<std::uint32_t>({4294967295u})), 4294967295.0);
  EXPECT_EQ(first("<i8", bytes_of<std::int64_t>({-9007199254740993})), -9007199254740992.0);
  EXPECT_EQ(first("<u8", bytes_of<std::uint64_t>({~std::uint64_t{0}})), 18446744073709551616.0);
  EXPECT_EQ(first("<f4", bytes_of<float>({0.5F})), 0.5);
  EXPECT_EQ(first("<f2", bytes_of<std::uint16_t>({0xB800})), -0.5);
  EXPECT_EQ(first("<f2", bytes_of<std::uint16_t>({1})), std::ldexp(1, -24));
  EXPECT_TRUE(std::isnan(first("<f2", bytes_of<std::uint16_t>({0x7E00}))));
  const auto truths = read("x.npy", npy("|b1", "(2,)", std::string("\x01\x00", 2)));
  EXPECT_EQ(truths.columns[0].kind, ColumnKind::boolean);
  EXPECT_EQ(truths.columns[0].text(0), "true");
}

TEST_F(TableArrays, AreRefusedWhenAHeaderClaimsWhatIsNotThere) {
  const std::string eight(8, '\0');
  EXPECT_THAT(refused("PK and more"), HasSubstr("does not begin as a .npy file"));
  EXPECT_THAT(refused(npy("<f8", "(1,)", eight).substr(0, 40)), HasSubstr("cut off in its header"));
  EXPECT_THAT(refused(npy("<f8", "(2,)", eight)), AllOf(HasSubstr("(2)"), HasSubstr("8 bytes follow")));
  EXPECT_THAT(refused(npy("<f8", "(4294967296, 4294967296)", eight)), HasSubstr("8 bytes follow"))
      << "2^64 values";
  EXPECT_THAT(refused(npy("<f8", "(3, 768614336404564651)", eight)), HasSubstr("8 bytes follow"))
      << "2^61 + 1 values";
  EXPECT_THAT(refused(npy("<f8", "(99999999999999999999,)", eight)), HasSubstr("'99999999999999999999'"));
  EXPECT_THAT(refused(npy("<f8", "(-1,)", eight)), HasSubstr("'-1'"));
  EXPECT_THAT(refused(npy("<f8", "(0, 3)", "")), HasSubstr("no values"));
  EXPECT_THAT(refused(npy("<f8", "()", eight)), HasSubstr("shape ()"));
  EXPECT_THAT(refused(npy("<f8", "(1, 1, 1, 1)", eight)), HasSubstr("[N, T, C]"));
  EXPECT_THAT(refused(npy(">f8", "(1,)", eight)), HasSubstr("big-endian"));
  EXPECT_THAT(refused(npy("|O", "(1,)", eight)), HasSubstr("Python objects"));
  EXPECT_THAT(refused(npy("<c16", "(1,)", eight + eight)), HasSubstr("'<c16'"));
  EXPECT_THAT(refused(npy_with("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", eight)),
              HasSubstr("'records'"));
  EXPECT_THAT(refused(npy_with("{'descr': '<f8', 'shape': (1,), }", eight)),
              HasSubstr("without 'fortran_order'"));
  EXPECT_THAT(refused(npy("<f8", "(1,)", bytes_of<double>({INFINITY}))),
              AllOf(HasSubstr("row 1"), HasSubstr("inf in column 'x1'")));
}

std::string archive_of(const std::vector<std::pair<std::string, std::string>>& files) {
  std::vector<ZipEntry> entries;
  for (const auto& [name, content] : files) entries.push_back({name, std::as_bytes(std::span(content))});
  return zip_stored(entries);
}

TEST_F(TableArrays, OfAnArchiveStandSideBySide) {
  const auto pair = npy("<f8", "(2,)", bytes_of<double>({1, 2})),
             four = npy("<f8", "(2, 2)", bytes_of<double>({3, 4, 5, 6}));
  EXPECT_THAT(read("x.npz", archive_of({{"arr_0.npy", four}})).names(), ElementsAre("x1", "x2"));
  const auto table = read("x.npz", archive_of({{"load.npy", pair}, {"other.npy", four}}));
  EXPECT_THAT(table.names(), ElementsAre("load", "other1", "other2"));
  EXPECT_THAT(table.columns[2].values, ElementsAre(4, 6));
  const auto three = npy("<f8", "(3,)", bytes_of<double>({1, 2, 3}));
  EXPECT_THAT(refused(archive_of({{"a.npy", pair}, {"b.npy", three}}), "x.npz"),
              AllOf(HasSubstr("'a' and 'b'"), HasSubstr("2 and 3 rows")));
  EXPECT_THAT(refused(archive_of({{"a.txt", pair}}), "x.npz"), HasSubstr("holds no array"));
  EXPECT_THAT(refused(archive_of({{"a.npy", pair.substr(0, 100)}}), "x.npz"),
              AllOf(HasSubstr("array 'a' of"), HasSubstr("cut off")));
  EXPECT_THAT(refused(archive_of({{"a.npy", pair}}).substr(0, 100), "x.npz"), HasSubstr("zip archive"));
}

/// Writes an archive as numpy.savez_compressed does.
void write_deflated(const std::filesystem::path& path, const std::string& content) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE, nullptr);
  ASSERT_NE(archive, nullptr);
  ASSERT_EQ(zip_file_add(archive, "a.npy", zip_source_buffer(archive, content.data(), content.size(), 0), 0),
            0);
  ASSERT_EQ(zip_set_file_compression(archive, 0, ZIP_CM_DEFLATE, 9), 0);
  ASSERT_EQ(zip_close(archive), 0);
}

TEST_F(TableArrays, OfACompressedArchiveAreRead) {
  const auto path = folder_.path() / "deflated.npz";
  write_deflated(
      path, npy("<f8", "(100000,)", std::string(800'000, '\0')));  // about as small as deflate makes anything
  EXPECT_LT(std::filesystem::file_size(path), 2000u);
  EXPECT_THAT(read_table({path}).columns[0].values, AllOf(testing::SizeIs(100'000), Each(0)));
}

TEST_F(TableArrays, OfLabelledSeriesCarryTheirLabels) {
  const std::string text =
      "@univariate false\n@dimensions 2\n@classLabel true no yes\n@data\n1,2:3,4:yes\n5:6:no\n";
  const auto table = read("x.ts", text);
  EXPECT_THAT(table.names(), ElementsAre("x1", "x2", "label", "sequence"));
  EXPECT_THAT(table.columns[0].values, ElementsAre(1, 2, 5));
  EXPECT_THAT(table.columns[1].values, ElementsAre(3, 4, 6));
  EXPECT_THAT(table.columns[2].categories, ElementsAre("yes", "no"));
  EXPECT_THAT(table.columns[2].values, ElementsAre(0, 0, 1));
  EXPECT_THAT(table.columns[3].categories, ElementsAre("1", "2"));
  EXPECT_THAT(table.columns[3].values, ElementsAre(0, 0, 1));
  EXPECT_THAT(read("x.ts", text, {.only = {"x2", "label"}}).names(), ElementsAre("x2", "label"));
  EXPECT_THAT(refused("@data\n", "x.ts"), HasSubstr("line 1 of"));
}

}  // namespace
}  // namespace carousel::test
