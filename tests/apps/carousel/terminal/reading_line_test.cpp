// The line that says how far a table is read.
#include "terminal/reading_line.h"

#include <gtest/gtest.h>

namespace carousel::cli {
namespace {

TEST(ReadingLine, SaysTheFileTheShareAndTheRows) {
  EXPECT_EQ(reading_text({.source = "pollution.csv", .done = 63, .all = 100, .rows = 1'200'000}),
            "reading pollution.csv: 63 %, 1.2M rows");
  EXPECT_EQ(reading_text({.source = "a.parquet", .done = 120, .all = 100}), "reading a.parquet: 100 %");
  EXPECT_EQ(reading_text({.source = "pipe.csv", .done = 5, .rows = 900}), "reading pipe.csv: 900 rows");
  EXPECT_EQ(reading_text({.source = "a\x1b[2J.csv"}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace carousel::cli
