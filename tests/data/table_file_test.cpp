#include "carousel/data/table_file.h"

#include <sys/stat.h>

#include <cmath>
#include <csignal>
#include <ctime>
#include <thread>

#include "carousel/data/table.h"

#include "data/data_support.h"

namespace carousel::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class TableFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_arrow()) GTEST_SKIP() << "this build has no Apache Arrow";
  }
  const TemporaryFolder folder_;
};

TEST_F(TableFiles, OfSeveralFilesRowsSayWhichTheyAreOf) {
  const auto a = folder_.write("a.csv", "t,x\n1,u\n2,v\n"), b = folder_.write("b.csv", "x,t\nw,3\n\nu,4\n");
  const auto table = read_table({b, a});
  EXPECT_THAT(table.names(), ElementsAre("x", "t", "sequence"));
  EXPECT_THAT(table.columns[1].values, ElementsAre(3, 4, 1, 2));
  EXPECT_THAT(table.columns[0].categories, ElementsAre("w", "u", "v"));
  EXPECT_THAT(table.columns[0].values, ElementsAre(0, 1, 1, 2));
  EXPECT_THAT(table.columns[2].categories, ElementsAre("b", "a"));
  EXPECT_EQ(table.place(1), "line 4 of '" + b.string() + "'");
  EXPECT_EQ(table.place(3), "line 3 of '" + a.string() + "'");
  EXPECT_EQ(table.source(), "'" + b.string() + "' and 1 more file");
  EXPECT_THAT(read_table({folder_.path()}).columns[0].values, ElementsAre(1, 2, 3, 4))
      << "a folder's in the order of names";
}

TEST_F(TableFiles, KeepASequenceColumnOfTheirOwn) {
  const auto a = folder_.write("a.csv", "x,sequence\n1,p\n"), b = folder_.write("b.csv", "x,sequence\n1,q\n");
  EXPECT_THAT(read_table({a, b}).columns[1].categories, ElementsAre("p", "q"));
}

TEST_F(TableFiles, OfTheSameNameAreToldApartByTheirPaths) {
  std::filesystem::create_directory(folder_.path() / "sub");
  const auto a = folder_.write("a.csv", "x\n1\n"), b = folder_.write("sub/a.csv", "x\n2\n");
  EXPECT_THAT(read_table({a, b}).columns[1].categories, ElementsAre(a.string(), b.string()));
  EXPECT_THAT(message_of([&] { read_table({a, a}); }), HasSubstr("named twice"));
}

TEST_F(TableFiles, WhoseColumnsDifferAreRefused) {
  const auto a = folder_.write("a.csv", "x,y\n1,2\n"), b = folder_.write("b.csv", "x\n1\n"),
             c = folder_.write("c.csv", "x,y\n1,foo\n"), d = folder_.write("d.csv", "x,y\n1,\n");
  EXPECT_THAT(message_of([&] { read_table({a, b}); }),
              AllOf(HasSubstr("b.csv' has no column 'y'"), HasSubstr("a.csv' has")));
  EXPECT_THAT(message_of([&] { read_table({b, a}); }), HasSubstr("b.csv' has no column 'y'"));
  EXPECT_THAT(message_of([&] { read_table({a, c}); }),
              AllOf(HasSubstr("line 2 of '" + c.string()), HasSubstr("'foo'")));
  EXPECT_EQ(read_table({d, c}).columns[1].text(1), "foo") << "what is missing throughout is anything";
}

TEST_F(TableFiles, TellHowFarTheyAreRead) {
  const auto a = folder_.write("a.csv", "x\n1\n"), b = folder_.write("b.csv", "x\n22\n");
  std::vector<ReadProgress> told;
  TableFormat format;
  format.progress = [&](const ReadProgress& now) { told.push_back(now); };
  read_table({a, b}, format);
  EXPECT_TRUE(std::ranges::is_sorted(told, {}, &ReadProgress::done));
  EXPECT_EQ(told.front().source, "a.csv");
  EXPECT_EQ(told.front().all, 9u);
  EXPECT_EQ(told.front().rows, 0);
  EXPECT_EQ(told.back(), (ReadProgress{.source = "b.csv", .done = 9, .all = 9, .rows = 1}));
}

TEST_F(TableFiles, ThatAreCutOffOrUnknownAreRefused) {
  std::filesystem::create_directory(folder_.path() / "empty");
  const auto refused = [&](const std::string& name, std::string_view content) {
    const auto path = folder_.write(name, content);
    return message_of([&] { read_table({path}); });
  };
  EXPECT_THAT(refused("a.xls", "?"), AllOf(HasSubstr("a.xls'"), HasSubstr(".csv, "), HasSubstr(".npy")));
  EXPECT_THAT(refused("a.csv", ""), HasSubstr("is empty"));
  EXPECT_THAT(refused("a.csv.gz", "a\n1\n"), HasSubstr("no whole gzip file"));
  const std::string zipped("\x1F\x8B\x08\0\0\0\0\0\x02\x03\x4B\xE4\x32\xE4\x02\0\0\x24\xC1\x89\x04\0\0\0",
                           24);
  EXPECT_THAT(read_table({folder_.write("B.CSV.GZ", zipped)}).columns[0].values, ElementsAre(1));
  EXPECT_THAT(refused("b.csv.gz", zipped.substr(0, 13)), HasSubstr("no whole gzip file"));
  EXPECT_THAT(message_of([&] { read_table({folder_.path() / "empty"}); }),
              HasSubstr("a folder without tables"));
  EXPECT_THAT(message_of([&] { read_table({folder_.path() / "none.csv"}); }), HasSubstr("No such file"));
  EXPECT_THAT(message_of([&] { read_table({"/dev/zero"}); }), HasSubstr("zero byte"));
  EXPECT_THAT(message_of([&] { read_table({}); }), HasSubstr("no table was named"));
}

TEST_F(TableFiles, WithoutASizeOfTheirOwnAreReadToTheirEnd) {
  const auto pipe = folder_.path() / "pipe";  // without an ending, as /dev/stdin
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto writing = [&](const std::vector<std::string>& parts) {
    return std::thread([&, parts] {
      std::ofstream out(pipe);
      for (const auto& part : parts) out << part << std::flush;
    });
  };
  auto writer = writing({"a,", "b\n", "1,2\n3", ",4"});
  EXPECT_THAT(read_table({pipe}).columns[1].values, ElementsAre(2, 4));
  writer.join();
  writer = writing(std::vector<std::string>(300, std::string(std::size_t{1} << 20, 'x') + "\n"));
  ::signal(SIGPIPE, SIG_IGN);
  EXPECT_THAT(message_of([&] { read_table({pipe}); }), HasSubstr("goes on after 268435456 bytes"));
  writer.join();
}

TEST(WithoutArrow, ATableThatNeedsItSaysHowToGetIt) {
  if (has_arrow()) GTEST_SKIP() << "this build has Apache Arrow";
  const TemporaryFolder folder;
  const auto path = folder.write("x.csv", "a\n1\n");
  EXPECT_THAT(message_of([&] { read_table({path}); }),
              AllOf(HasSubstr("x.csv' is read with Apache Arrow"), HasSubstr("CAROUSEL_ARROW")));
}

TEST(Table, NamesTheNearestColumn) {
  const Table table{.columns = {{.name = "OT"}, {.name = "date"}}};
  EXPECT_THAT(
      message_of([&] { table.column("OTT", "--target names"); }),
      "--target names 'OTT', which is no column of the table; did you mean 'OT'? (columns: OT, date)");
  Table wide;
  for (int i = 0; i < 10'000; ++i) wide.columns.push_back({.name = "column " + std::to_string(i)});
  EXPECT_THAT(message_of([&] { wide.column("x", "--target names"); }), HasSubstr("and 9988 more"));
}

TEST(Table, WritesValuesAsTheyStandInAFile) {
  const Column column{.name = "t", .kind = ColumnKind::time, .values = {0, -0.5, 951782400, missing}};
  EXPECT_EQ(column.text(0), "1970-01-01 00:00:00");
  EXPECT_EQ(column.text(1), "1969-12-31 23:59:59.5");
  EXPECT_EQ(column.text(2), "2000-02-29 00:00:00");
  EXPECT_EQ(column.text(3), "");
  EXPECT_EQ((Column{.name = "x", .values = {0.1}}.text(0)), "0.1");
}

TEST(TableLines, ReadsOneRowAtATime) {
  const TableFormat format{
      .kinds = {{"b", ColumnKind::category}, {"a", ColumnKind::number}, {"t", ColumnKind::time}}};
  const TableLines lines("t;x;a;b\r\n", format, "stdin");
  const auto table = lines.read("2016-07-01;junk;1,5;\"p;\"\"q\"\"\"\r\n", 7);
  EXPECT_THAT(table.names(), ElementsAre("a", "b", "t"));
  EXPECT_EQ(table.rows(), 1);
  EXPECT_EQ(table.columns[0].values[0], 1.5);
  EXPECT_EQ(table.columns[1].text(0), "p;\"q\"");
  EXPECT_EQ(table.columns[2].values[0], 1467331200);
  EXPECT_EQ(table.place(0), "line 7 of 'stdin'");
  EXPECT_TRUE(std::isnan(lines.read("2016-07-01;;NA;u", 8).columns[0].values[0]));
}

TEST(TableLines, ReadsAHundredColumnsInFarLessThanAMillisecond) {
  std::string header = "c0", line = "0.123456";
  TableFormat format{.kinds = {{"c0", ColumnKind::number}}};
  for (int i = 1; i < 100; ++i) {
    header += ",c" + std::to_string(i);
    line += ",\"12.5\"";
    format.kinds.emplace("c" + std::to_string(i), ColumnKind::number);
  }
  const TableLines lines(header, format, "stdin");
  const auto begin = std::clock();  // of this process: the machine may be busy
  for (int i = 0; i < 1000; ++i) lines.read(line, i + 2);
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 1.0);
}

TEST(TableLines, RefusesAsTheReaderOfFiles) {
  const TableFormat format{.kinds = {{"a", ColumnKind::number}}};
  const TableLines lines("a,b", format, "stdin");
  const auto refused = [&](const std::string& line) { return message_of([&] { lines.read(line, 3); }); };
  EXPECT_THAT(refused("x,1"), AllOf(HasSubstr("line 3 of 'stdin'"), HasSubstr("'x' in column 'a'")));
  EXPECT_THAT(refused("inf,1"), HasSubstr("finite"));
  EXPECT_THAT(refused("1"), HasSubstr("1 field where line 1 has 2"));
  EXPECT_THAT(refused(""), HasSubstr("1 field"));
  EXPECT_THAT(refused("\"1,2"), HasSubstr("quote that does not end"));
  EXPECT_THAT(refused("\xFF,2"), HasSubstr("UTF-8"));
  EXPECT_THAT(message_of([&] { TableLines("aa,b", format, "stdin"); }),
              AllOf(HasSubstr("'a'"), HasSubstr("did you mean 'aa'?")));
  EXPECT_THAT(message_of([&] { TableLines("a,a", format, "stdin"); }),
              HasSubstr("column 1 and column 2 'a'"));
}

}  // namespace
}  // namespace carousel::test
