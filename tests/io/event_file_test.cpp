// The rest is asked of TensorBoard itself: event_file_test.py.
#include "carousel/io/event_file.h"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/io/tfrecord.h"

#include "temporary_folder.h"

namespace carousel {
namespace {

using testing::ElementsAre;

std::size_t records_in(const std::filesystem::path& path) {
  const std::string content = content_of(path);
  std::string_view rest = content;
  std::size_t count = 0;
  for (; const auto data = first_record(rest); ++count) rest.remove_prefix(record_size(*data));
  EXPECT_TRUE(rest.empty()) << rest.size() << " bytes are no record";
  return count;
}

TEST(Histogram, HasBucketsOfEqualWidthThatHoldEveryFiniteValue) {
  const Histogram histogram = Histogram::of(std::vector<double>{0.0, 1.0, 2.5, 4.0, -INFINITY, NAN}, 4);
  EXPECT_THAT(histogram.limits, ElementsAre(1.0, 2.0, 3.0, 4.0));
  EXPECT_THAT(histogram.counts, ElementsAre(2.0, 0.0, 1.0, 1.0));
  EXPECT_EQ(histogram.count, 4.0);
  EXPECT_EQ(histogram.sum, 7.5);
  EXPECT_EQ(histogram.sum_squares, 23.25);
}

TEST(Histogram, LosesNoValueToRounding) {
  std::vector<double> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = -0.1 - 1e-3 * static_cast<double>(i * i % 997);
  const Histogram histogram = Histogram::of(values);
  EXPECT_EQ(std::accumulate(histogram.counts.begin(), histogram.counts.end(), 0.0), 1000.0);
  EXPECT_EQ(histogram.limits.size(), 30u);
}

TEST(Histogram, IsOneBucketWhereAllAreEqualAndNoneWhereNothingIsFinite) {
  EXPECT_THAT(Histogram::of(std::vector{2.0, 2.0}).counts, ElementsAre(2.0));
  EXPECT_TRUE(Histogram::of(std::vector<double>{NAN, -INFINITY}).counts.empty());
}

/// An event file of scalars at steps 1 to 3 after two records of its own.
std::filesystem::path three_steps(const TemporaryFolder& folder) {
  EventFile events(folder.path(), 0);
  for (std::int64_t step = 1; step <= 3; ++step) events.scalars(step, {{"a", 1.0}});
  events.flush();
  return events.path();
}

TEST(EventFile, CutsOffWhatComesAfterTheLastStepAndARecordCutShort) {
  const TemporaryFolder folder;
  const auto path = three_steps(folder);
  const EventFile next(folder.path(), 2);
  EXPECT_EQ(records_in(path), 4u);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  const EventFile third(folder.path(), 2);
  EXPECT_EQ(records_in(path), 3u);
  EXPECT_THAT(third.damaged(), testing::IsEmpty());
}

TEST(EventFile, KeepsWhatComesAfterADamageAndNamesTheFile) {
  for (const bool length : {false, true}) {
    const TemporaryFolder folder;
    const auto path = three_steps(folder);
    std::string content = content_of(path);
    const std::size_t second = record_size(*first_record(content)), data = 12 + second;
    content[length ? second : data] ^= 1;
    put(path, content);
    const EventFile next(folder.path(), 2);
    EXPECT_THAT(next.damaged(), ElementsAre(path));
    // After a damaged length no record can be found, so nothing is cut.
    const std::string kept = content_of(path);
    EXPECT_EQ(kept, length ? content : content.substr(0, kept.size()));
    EXPECT_EQ(kept.size() < content.size(), !length);
    EXPECT_GT(kept.size(), content.size() * 3 / 4);
  }
}

/// Changes a bit of the last record's data.
void spoil_last_event(const std::filesystem::path& path) {
  std::string content = content_of(path);
  content[content.size() - 5] ^= 1;  // before its checksum
  put(path, content);
}

TEST(EventFile, NamesEveryDamagedOneInTheOrderOfTime) {
  const TemporaryFolder folder;
  EXPECT_THAT(damaged_event_files(folder / "none"), testing::IsEmpty());
  std::vector<std::filesystem::path> paths;
  for (int i = 0; i < 4; ++i) paths.push_back(three_steps(folder));
  EXPECT_THAT(damaged_event_files(folder.path()), testing::IsEmpty());
  for (const auto* path : {&paths[3], &paths[1]}) spoil_last_event(*path);
  EXPECT_THAT(damaged_event_files(folder.path()), ElementsAre(paths[1], paths[3]));
  EXPECT_THAT(EventFile(folder.path(), 3).damaged(), ElementsAre(paths[1], paths[3]));
}

TEST(EventFile, KeepsARecordThatIsSoundAndNoEvent) {
  const TemporaryFolder folder;
  const auto path = three_steps(folder);
  std::string content = content_of(path);
  append_record(content, "\x10");  // a step without its number
  put(path, content);
  EXPECT_THAT(EventFile(folder.path(), 3).damaged(), testing::IsEmpty());
  EXPECT_EQ(content_of(path), content);
}

TEST(EventFile, BeginsTheSessionWhereAnEarlierFileHasNone) {
  const TemporaryFolder folder;
  three_steps(folder);
  EventFile events(folder.path(), 3);
  events.begin_session({});
  events.flush();
  EXPECT_EQ(records_in(events.path()), 4u);
}

TEST(EventFile, IsWholeAfterAFlush) {
  const TemporaryFolder folder;
  EventFile events(folder.path(), 0);
  EXPECT_EQ(records_in(events.path()), 2u);  // version, start
  events.scalars(1, {{"a", 1.0}, {"b", 2.0}});
  EXPECT_EQ(records_in(events.path()), 2u);
  events.flush();
  EXPECT_EQ(records_in(events.path()), 3u);
  events.histogram(1, "empty", Histogram{});
  events.flush();
  EXPECT_EQ(records_in(events.path()), 3u);
}

TEST(EventFile, WritesByItselfWhenMuchIsWaiting) {
  const TemporaryFolder folder;
  EventFile events(folder.path(), 0);
  for (std::int64_t step = 1; step <= 4000; ++step) events.scalars(step, {{"tag", 1.0}});
  EXPECT_GT(records_in(events.path()), 1000u);
}

TEST(EventFile, OfAResumedRunComesLastAndTakesBackLaterSteps) {
  const TemporaryFolder folder;
  std::filesystem::path first;
  {
    EventFile events(folder.path(), 0);
    first = events.path();
    events.begin_session({});
    for (std::int64_t step = 1; step <= 9; ++step) events.scalars(step, {{"tag", 1.0}});
    events.end_session(9, SessionEnd::success);
  }
  EXPECT_EQ(records_in(first), 2u + 2u + 9u + 1u);
  put(first, content_of(first) + "half a rec");
  EventFile events(folder.path(), 5);
  EXPECT_EQ(records_in(first), 2u + 2u + 5u);
  EXPECT_LT(first, events.path());
  events.begin_session({});
  events.flush();
  EXPECT_EQ(records_in(events.path()), 2u) << "the first file has the session";
}

TEST(EventFile, LeavesOtherFilesAlone) {
  const TemporaryFolder folder;
  put(folder / "notes.txt", "mine");
  EventFile events(folder.path(), 0);
  EXPECT_EQ(content_of(folder / "notes.txt"), "mine");
}

}  // namespace
}  // namespace carousel
