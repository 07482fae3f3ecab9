#include <cmath>

#include "carousel/data/table_file.h"

#include "data/data_support.h"
#include "data/table_by_hand.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class TableCsv : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_arrow()) GTEST_SKIP() << "this build has no Apache Arrow";
  }
  Table read(std::string_view text, const TableFormat& format = {}, const std::string& name = "x.csv") const {
    return read_table({folder_.write(name, text)}, format);
  }
  std::string refused(std::string_view text, const TableFormat& format = {},
                      const std::string& name = "x.csv") const {
    return message_of([&] { read(text, format, name); });
  }
  const TemporaryFolder folder_;
};

TEST_F(TableCsv, FindsTheKindOfEachColumn) {
  const auto table = read(
      "date,OT,on,side,gone\n2016-07-01 "
      "00:00:00,1.5,true,NW,\n2016-07-01T01:00:00.25Z,-2,False,SE,\n2016-07-01,\"3\",,NW,NA\n");
  EXPECT_THAT(table.names(), ElementsAre("date", "OT", "on", "side", "gone"));
  std::vector<ColumnKind> kinds;
  for (const auto& column : table.columns) kinds.push_back(column.kind);
  EXPECT_THAT(kinds, ElementsAre(ColumnKind::time, ColumnKind::number, ColumnKind::boolean,
                                 ColumnKind::category, ColumnKind::number));
  EXPECT_THAT(table.columns[0].values, ElementsAre(1467331200, 1467334800.25, 1467331200));
  EXPECT_THAT(texts_of(table.columns[0]),
              ElementsAre("2016-07-01 00:00:00", "2016-07-01 01:00:00.25", "2016-07-01 00:00:00"));
  EXPECT_THAT(table.columns[1].values, ElementsAre(1.5, -2, 3));
  EXPECT_THAT(texts_of(table.columns[2]), ElementsAre("true", "false", ""));
  EXPECT_THAT(table.columns[3].categories, ElementsAre("NW", "SE"));
  EXPECT_THAT(table.columns[3].values, ElementsAre(0, 1, 0));
  EXPECT_THAT(texts_of(table.columns[4]), ElementsAre("", "", ""));
}

TEST_F(TableCsv, TakesNumbersAsTheyAreWritten) {
  const auto values = read("a\n+1e3\n 2 \n9007199254740993\n1e-400\n1e308\n007\n").columns[0].values;
  EXPECT_THAT(values, ElementsAre(1000, 2, 9007199254740992.0, 0, 1e308, 7));
}

TEST_F(TableCsv, MakesAnInteger64ADoubleWhenALaterRowHasAFraction) {
  std::string text = "a\n";
  for (int i = 0; i < 900'000; ++i) text += std::to_string(i) + "\n";  // more than one block
  const auto table = read(text + "0.5\n");
  EXPECT_EQ(table.columns[0].values[899'999], 899'999);
  EXPECT_EQ(table.columns[0].values[900'000], 0.5);
}

TEST_F(TableCsv, RefusesTextAfterNumbersAtItsLine) {
  EXPECT_THAT(
      refused("a,b\n1,2\n,3\nfoo,4\n"),
      AllOf(HasSubstr("line 4 of '"), HasSubstr("'foo' in column 'a'"), HasSubstr("--categorical a")));
  EXPECT_THAT(refused("t\n2016-07-01\n2016-02-30\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("'2016-02-30'"), HasSubstr("times")));
  EXPECT_THAT(texts_of(read("a\n1\nfoo\n", {.kinds = {{"a", ColumnKind::category}}}).columns[0]),
              ElementsAre("1", "foo"));
  EXPECT_THAT(texts_of(read("a\n1a\n2\n").columns[0]), ElementsAre("1a", "2"))
      << "what begins as text stays text";
  EXPECT_THAT(refused("a\nx\n", {.kinds = {{"a", ColumnKind::number}}}),
              HasSubstr("which holds numbers; correct it"));
  EXPECT_THAT(refused("a;b\n1.5;2\n1,5;2\n"), HasSubstr("line 3"));
  EXPECT_THAT(refused("a;b\n1,5;2\n", {.decimal = "point", .kinds = {{"a", ColumnKind::number}}}),
              HasSubstr("give --decimal comma"));
}

TEST_F(TableCsv, RefusesInfiniteValues) {
  for (const std::string value : {"inf", "-Infinity", "1e999"}) {
    EXPECT_THAT(refused("a,b\n1,2\n1," + value + "\n"),
                AllOf(HasSubstr("line 3"), HasSubstr("'" + value + "' in column 'b'"), HasSubstr("finite")));
  }
}

TEST_F(TableCsv, CountsPhysicalLines) {
  const auto table = read("a,b\n1,x\n\n2,\"y\nz\"\n3,u\r\n\n\n4,v");
  std::vector<std::string> places;
  for (int row = 0; row < 4; ++row) places.push_back(table.place(row).substr(0, 7));
  EXPECT_THAT(places, ElementsAre("line 2 ", "line 4 ", "line 6 ", "line 9 "));
  EXPECT_THAT(refused("a,b\n1,x\n\n2,\"y\nz\"\n3\n"), HasSubstr("line 6 of"));
  EXPECT_THAT(refused("\n\na,b\n1,x\n\n2,\"y\nz\"\ny,u\n"), HasSubstr("line 8 of"));
  EXPECT_THAT(read("a\r1\r2\r").place(1), HasSubstr("line 3 of"));
}

TEST_F(TableCsv, CountsLinesAcrossBlocks) {
  std::string text = "a,b\r\n";
  int lines = 1;
  for (int i = 0; i < 700'000; ++i) {
    const bool odd = i % 100'000 == 7;
    text += std::to_string(i) + (odd ? ",\"q\r\nq\"\r\n\r\n" : ",q\r\n");
    lines += odd ? 3 : 1;
  }
  EXPECT_THAT(read(text).place(699'999), HasSubstr("line " + std::to_string(lines) + " of"));
  EXPECT_THAT(refused(text + "\r\nx,y\r\n"), HasSubstr("line " + std::to_string(lines + 2) + " of"));
}

TEST_F(TableCsv, FindsSeparatorAndDecimalMark) {
  EXPECT_THAT(read("a;b\n1,5;2\n2;0,25\n").columns[1].values, ElementsAre(2, 0.25));
  EXPECT_THAT(read("a\tb\n1\t2\n").names(), ElementsAre("a", "b"));
  EXPECT_THAT(read("\"a,b\"|c\n1|2\n").names(), ElementsAre("a,b", "c"));
  EXPECT_THAT(read("a,b\n1,2\n", {}, "x.tsv").names(), ElementsAre("a,b"));
  EXPECT_THAT(read("  a   b\n 1.5  2\n3 4 \n", {.separator = "space"}).columns[0].values,
              ElementsAre(1.5, 3));
  EXPECT_THAT(read("a:b\n1:2\n", {.separator = ":"}).names(), ElementsAre("a", "b"));
  EXPECT_THAT(refused("a\n1\n", {.separator = "colon"}), HasSubstr("'colon'"));
  EXPECT_THAT(refused("a\n1\n", {.decimal = "dot"}), HasSubstr("'dot'"));
}

TEST_F(TableCsv, TakesTextsThatStandForNothingAsMissing) {
  const auto table = read("a,b\n-999,x\n1,\"-999\"\n", {.missing = {"-999"}});
  EXPECT_THAT(texts_of(table.columns[0]), ElementsAre("", "1"));
  EXPECT_THAT(texts_of(table.columns[1]), ElementsAre("x", ""));
}

TEST_F(TableCsv, ReadsOnlyTheColumnsAskedFor) {
  const TableFormat format{.only = {"c", "a"}};
  EXPECT_THAT(read("a,b,c\n1,x,2\n1,9,2\n", format).names(), ElementsAre("a", "c"));
  EXPECT_THAT(refused("aa,b\n1,2\n", {.only = {"ab"}}),
              AllOf(HasSubstr("did you mean 'aa'?"), HasSubstr("(columns: aa, b)")));
}

TEST_F(TableCsv, RefusesHeadersThatNameColumnsWrongly) {
  EXPECT_THAT(refused("a,b,a\n1,2,3\n"),
              AllOf(HasSubstr("line 1 of"), HasSubstr("column 1 and column 3 'a'"), HasSubstr("'a_2'")));
  EXPECT_THAT(refused("a,,b\n1,2,3\n"), AllOf(HasSubstr("no name for column 2"), HasSubstr("'x2'")));
  EXPECT_THAT(refused("1,2,1\n1,2,3\n"), HasSubstr("add a first line"));
  EXPECT_THAT(refused("a,b\n"), HasSubstr("a header and no rows"));
  EXPECT_THAT(refused("\n\n"), HasSubstr("no name for column 1"));
}

TEST_F(TableCsv, RefusesRowsOfAnotherLength) {
  EXPECT_THAT(refused("a,b\n1,2\n1,2,3\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("3 fields where line 1 has 2")));
  EXPECT_THAT(refused("a,b\n1,2\n1\n"), AllOf(HasSubstr("line 3"), HasSubstr("1 field where")));
  EXPECT_THAT(refused("a,b\n1,2\n3,\"4\n5,6\n"),
              AllOf(HasSubstr("line 3"), HasSubstr("quote that does not end")));
}

TEST_F(TableCsv, RefusesWhatIsNoUtf8) {
  EXPECT_THAT(refused("a\n" + std::string(std::size_t{5} << 20, '\n') + std::string("1\0\n", 3)),
              HasSubstr("zero byte"));
  EXPECT_THAT(refused(std::string_view("\xFF\xFE"
                                       "a\0,\0",
                                       6)),
              HasSubstr("UTF-16; save it as text in UTF-8"));
  EXPECT_THAT(refused(std::string_view("a\0,\0b\0\n\0", 8)), HasSubstr("UTF-16"));
  EXPECT_THAT(refused("a,b\n1,2\n\n1,Gr\xFC"
                      "ezi\n"),
              AllOf(HasSubstr("line 4"), HasSubstr("\\xfc"), HasSubstr("UTF-8")));
  EXPECT_THAT(read("\xEF\xBB\xBF"
                   "a,b\n1,Gr\xC3\xBC"
                   "ezi\n")
                  .names(),
              ElementsAre("a", "b"));
}

}  // namespace
}  // namespace carousel::test
