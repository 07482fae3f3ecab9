// Parquet, Feather and Arrow files, written by Arrow itself.
#include <arrow/api.h>
#include <arrow/io/api.h>
#include <arrow/ipc/api.h>
#include <arrow/util/float16.h>
#include <parquet/arrow/writer.h>

#include <cmath>

#include "carousel/data/file.h"
#include "carousel/data/table_file.h"

#include "data/data_support.h"
#include "data/table_by_hand.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using ArrowTable = std::shared_ptr<arrow::Table>;

template <class Builder, class Value>
std::shared_ptr<arrow::Array> fill(Builder&& builder, const std::vector<std::optional<Value>>& values) {
  for (const auto& value : values) EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return builder.Finish().ValueOrDie();
}

template <class Builder, class Value>
std::shared_ptr<arrow::Array> array_of(const std::vector<std::optional<Value>>& values) {
  return fill<Builder, Value>(Builder(), values);
}

ArrowTable table_of(const std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>>& columns) {
  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type()));
    arrays.push_back(array);
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

std::shared_ptr<arrow::Array> doubles(const std::vector<std::optional<double>>& values) {
  return array_of<arrow::DoubleBuilder, double>(values);
}

std::shared_ptr<arrow::Array> strings(const std::vector<std::optional<std::string>>& values) {
  return array_of<arrow::StringBuilder, std::string>(values);
}

/// Writes a table in the format that the name's ending says, in parts of so many rows.
void write(const ArrowTable& table, const std::filesystem::path& path, std::int64_t part_rows = 2) {
  const auto file = arrow::io::FileOutputStream::Open(path.string()).ValueOrDie();
  const auto ending = path.extension();
  if (ending == ".parquet") {
    ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, part_rows).ok());
  } else {
    const auto writer = ending == ".feather"
                            ? arrow::ipc::MakeFileWriter(file, table->schema()).ValueOrDie()
                            : arrow::ipc::MakeStreamWriter(file, table->schema()).ValueOrDie();
    ASSERT_TRUE(writer->WriteTable(*table, part_rows).ok());
    ASSERT_TRUE(writer->Close().ok());
  }
  ASSERT_TRUE(file->Close().ok());
}

class TableBatches : public testing::TestWithParam<std::string> {
 protected:
  std::filesystem::path path() const { return folder_.path() / ("x." + GetParam()); }
  Table read_back(const ArrowTable& table, const TableFormat& format = {}) const {
    write(table, path());
    return read_table({path()}, format);
  }
  const TemporaryFolder folder_;
};

TEST_P(TableBatches, AreReadAsTheKindsOfTheirColumns) {
  const auto table =
      read_back(table_of({{"x", doubles({1.5, std::nullopt, -2})},
                          {"s", strings({"NW", "SE", "NW"})},
                          {"b", array_of<arrow::BooleanBuilder, bool>({true, std::nullopt, false})},
                          {"n", std::make_shared<arrow::NullArray>(3)},
                          {"d", array_of<arrow::Date32Builder, int>({-1, 0, 17000})}}));
  EXPECT_THAT(table.names(), ElementsAre("x", "s", "b", "n", "d"));
  EXPECT_THAT(texts_of(table.columns[0]), ElementsAre("1.5", "", "-2"));
  EXPECT_THAT(texts_of(table.columns[1]), ElementsAre("NW", "SE", "NW"));
  EXPECT_THAT(table.columns[1].categories, ElementsAre("NW", "SE"));
  EXPECT_THAT(texts_of(table.columns[2]), ElementsAre("true", "", "false"));
  EXPECT_EQ(table.columns[3].kind, ColumnKind::number);
  EXPECT_THAT(texts_of(table.columns[3]), ElementsAre("", "", ""));
  EXPECT_THAT(texts_of(table.columns[4]),
              ElementsAre("1969-12-31 00:00:00", "1970-01-01 00:00:00", "2016-07-18 00:00:00"));
  EXPECT_EQ(table.place(2), "row 3 of '" + path().string() + "'");
}

TEST_P(TableBatches, TakeNumbersOfEveryWidth) {
  const std::int64_t beyond = (std::int64_t{1} << 53) + 1;
  auto* pool = arrow::default_memory_pool();
  const auto half = arrow::util::Float16::FromFloat(-0.5F).bits();
  const auto table = read_back(table_of(
      {{"i8", array_of<arrow::Int8Builder, std::int8_t>({std::int8_t{-128}})},
       {"u64", array_of<arrow::UInt64Builder, std::uint64_t>({~std::uint64_t{0}})},
       {"i64", array_of<arrow::Int64Builder, std::int64_t>({beyond})},
       {"f2", array_of<arrow::HalfFloatBuilder, std::uint16_t>({half})},
       {"dec", fill<arrow::Decimal128Builder, arrow::Decimal128>(
                   arrow::Decimal128Builder(arrow::decimal128(10, 2), pool), {arrow::Decimal128(-12345)})}}));
  std::vector<double> values;
  for (const auto& column : table.columns) values.push_back(column.values[0]);
  EXPECT_THAT(values, ElementsAre(-128, 18446744073709551616.0, 9007199254740992.0, -0.5, -123.45));
}

TEST_P(TableBatches, TakeTimeStampsToTheirLastDigit) {
  auto* pool = arrow::default_memory_pool();
  const auto stamps = [&](arrow::TimeUnit::type unit, std::int64_t value) {
    return fill<arrow::TimestampBuilder, std::int64_t>(
        arrow::TimestampBuilder(arrow::timestamp(unit, "UTC"), pool), {value});
  };
  const auto table = read_back(table_of({{"ms", stamps(arrow::TimeUnit::MILLI, 1467331200001)},
                                         {"ns", stamps(arrow::TimeUnit::NANO, 1467331200000000001)},
                                         {"us", stamps(arrow::TimeUnit::MICRO, -1)}}));
  EXPECT_EQ(table.columns[0].kind, ColumnKind::time);
  EXPECT_DOUBLE_EQ(table.columns[0].values[0], 1467331200.001);
  EXPECT_EQ(table.columns[1].values[0], 1467331200);
  EXPECT_EQ(table.columns[2].values[0], -1e-6);
}

TEST_P(TableBatches, TakeDictionariesThatDifferFromPartToPart) {
  const auto part = [](const std::string& places, const std::string& words) {
    return arrow::DictionaryArray::FromArrays(
               arrow::dictionary(arrow::int32(), arrow::utf8()),
               array_of<arrow::Int32Builder, int>({places[0] - '0', std::nullopt, places[1] - '0'}),
               strings({words.substr(0, 1), words.substr(1)}))
        .ValueOrDie();
  };
  const auto chunks =
      std::make_shared<arrow::ChunkedArray>(arrow::ArrayVector{part("10", "ab"), part("01", "cb")});
  const auto schema = arrow::schema({arrow::field("s", chunks->type())});
  if (GetParam() == "feather") GTEST_SKIP() << "a file of this format has one dictionary";
  write(arrow::Table::Make(schema, {chunks}), path(), 3);
  const auto column = read_table({path()}).columns[0];
  EXPECT_THAT(texts_of(column), ElementsAre("b", "", "a", "c", "", "b"));
  EXPECT_THAT(column.categories, ElementsAre("b", "a", "c"));
}

TEST_P(TableBatches, ReadOnlyTheColumnsAskedForAsTheKindsTheyAreKnownToBe) {
  const auto list = fill<arrow::ListBuilder, bool>(
      arrow::ListBuilder(arrow::default_memory_pool(), std::make_shared<arrow::DoubleBuilder>()),
      {true, true});
  const auto table = table_of({{"l", list}, {"s", strings({"1", "x"})}, {"x", doubles({1, 2})}});
  const auto some = read_back(table, {.kinds = {{"x", ColumnKind::category}}, .only = {"x"}});
  EXPECT_THAT(some.columns[0].categories, ElementsAre("1", "2"));
  EXPECT_THAT(message_of([&] { read_back(table); }), AllOf(HasSubstr("column 'l'"), HasSubstr("list<")));
  EXPECT_THAT(message_of([&] { read_back(table, {.kinds = {{"s", ColumnKind::number}}, .only = {"s"}}); }),
              AllOf(HasSubstr("row 2 of"), HasSubstr("'x' in column 's'")));
  EXPECT_THAT(message_of([&] { read_back(table, {.only = {"y"}}); }), HasSubstr("'y', which is no column"));
}

TEST_P(TableBatches, WithInfiniteValuesWrongNamesOrNoRowsAreRefused) {
  EXPECT_THAT(message_of([&] { read_back(table_of({{"x", doubles({1, 2, INFINITY})}})); }),
              AllOf(HasSubstr("row 3 of"), HasSubstr("inf in column 'x'")));
  EXPECT_TRUE(std::isnan(read_back(table_of({{"x", doubles({NAN})}})).columns[0].values[0]));
  EXPECT_THAT(message_of([&] { read_back(table_of({{"x", doubles({})}})); }), HasSubstr("has no rows"));
  EXPECT_THAT(message_of([&] { read_back(table_of({{"x", doubles({1})}, {"x", doubles({1})}})); }),
              HasSubstr("column 1 and column 2 'x'"));
}

TEST_P(TableBatches, CutOffOrChangedAnywhereAreRefusedOrRead) {
  write(table_of({{"x", doubles({1, 2, 3, 4, 5})}, {"s", strings({"a", "b", "c", "d", "e"})}}), path());
  const auto bytes = read_data(path());
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    const auto cut = folder_.write("cut." + GetParam(), bytes.substr(0, size));
    EXPECT_THAT(message_of([&] { read_table({cut}); }), HasSubstr("cut." + GetParam())) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    auto changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    const auto damaged = folder_.write("damaged." + GetParam(), changed);
    try {
      read_table({damaged});
    } catch (const Error&) {
    } catch (const SystemError&) {  // a size beyond all memory
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, TableBatches, testing::Values("parquet", "feather", "arrow"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace carousel::test
