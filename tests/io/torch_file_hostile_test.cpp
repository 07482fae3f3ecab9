#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/error.h"
#include "carousel/io/torch_file.h"

#include "io/temporary_folder.h"
#include "io/torch_bytes.h"

namespace carousel {
namespace {

using namespace pickled;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t huge = std::int64_t{1} << 62;

struct Malformed {
  std::string what;
  std::string file;
  std::string reason;
};

std::string file_of_tensor(const std::string& tensor) {
  return file(program(dict({{"w", tensor}})));
}

std::string file_of_storage(const std::string& key, std::int64_t elements) {
  return file_of_tensor(global("torch._utils", "_rebuild_tensor_v2") + "(" +
                        storage(key, "FloatStorage", elements) + integer(0) + tuple({1}) + tuple({1}) +
                        "\x89" + "}tR");
}

std::vector<Malformed> malformed_tensors() {
  return {
      {"a reach beyond the end", file_of_tensor(tensor(1, {2, 2}, {2, 1})),
       "to byte 20 of storage 0, which has 16"},
      {"a stride beyond the end", file_of_tensor(tensor(0, {2}, {4})), "reaches to byte 20"},
      {"an offset beyond the end", file_of_tensor(tensor(4, {}, {})), "reaches to byte 20"},
      {"a negative offset", file_of_tensor(tensor(-1, {1}, {1})), "negative offset, size or stride"},
      {"a negative size", file_of_tensor(tensor(0, {-1}, {1})), "negative offset, size or stride"},
      {"a negative stride", file_of_tensor(tensor(3, {4}, {-1})), "negative offset, size or stride"},
      {"sizes that overflow", file_of_tensor(tensor(0, {huge, 4}, {0, 0})), "overflow"},
      {"an empty one that overflows", file_of_tensor(tensor(0, {0, huge, 4}, {1, 0, 0})), "overflow"},
      {"a stride that overflows", file_of_tensor(tensor(0, {5, 2}, {huge, 1})), "overflow"},
      {"an offset that overflows", file_of_tensor(tensor(std::numeric_limits<std::int64_t>::max(), {1}, {1})),
       "overflow"},
      {"an expansion beyond any memory", file_of_tensor(tensor(0, {1 << 30}, {0})),
       "because they repeat elements"},
      {"one more stride than sizes", file_of_tensor(tensor(0, {1}, {1, 1})), "1 sizes and 2 strides"},
      {"33 dimensions",
       file_of_tensor(tensor(0, std::vector<std::int64_t>(33, 1), std::vector<std::int64_t>(33, 1))),
       "33 sizes"},
      {"a storage larger than its entry", file_of_storage("0", 5), "should have 20 bytes and has 16"},
      {"a storage smaller than its entry", file_of_storage("0", 3), "should have 12 bytes and has 16"},
      {"a storage that overflows", file_of_storage("0", huge), "claims 4611686018427387904 elements"},
      {"a storage of negative size", file_of_storage("0", -1), "claims -1 elements"},
      {"a storage that is not there", file_of_storage("7", 4), "no entry \"archive/data/7\""},
      {"a storage outside the archive", file_of_storage("../../0", 4), "\"../../0\" is no storage's name"},
      {"a storage without a name", file_of_storage("", 4), "is no storage's name"},
      {"a storage of two sizes",
       file(program(dict({{"w", tensor(0, {1}, {1})}, {"v", tensor(0, {1}, {1}, 3)}}))),
       "16 bytes in one place and 12"},
      {"a key twice", file(program(dict({{"w", tensor(0, {1}, {1})}, {"w", tensor(1, {1}, {1})}}))),
       "the key \"w\" comes twice"},
      {"a tensor without a storage", file_of_tensor(global("torch._utils", "_rebuild_tensor_v2") + "(NNtR"),
       "None stands"},
  };
}

std::vector<Malformed> malformed_pickles() {
  const auto pickle = [](const std::string& value) { return file(program(value)); };
  const std::string dict_name = global("collections", "OrderedDict");
  return {
      {"a callable", pickle(global("os", "system") + "(" + text("echo") + "tR"),
       "\"os.system\", which is no part of a state"},
      {"eval by stack", pickle(text("builtins") + text("eval") + "\x93"), "\"builtins.eval\""},
      {"getattr", pickle(global("__builtin__", "getattr")), "\"__builtin__.getattr\""},
      {"a name that begins like one of torch's", pickle(global("torch._utils", "_rebuild_tensor_v2x")),
       "_rebuild_tensor_v2x"},
      {"a dotted name", pickle(global("torch", "_utils._rebuild_tensor_v2")),
       "torch._utils._rebuild_tensor_v2"},
      {"a new object", pickle(dict_name + ")\x81"), "0x81 (NEWOBJ)"},
      {"an instance", pickle("(ios\nsystem\n"), "0x69 (INST)"},
      {"an extension", pickle("\x82\x01"), "0x82 (EXT1)"},
      {"a duplicate", pickle("N2"), "0x32 (DUP)"},
      {"a text id", pickle("P0\n"), "0x50 (PERSID)"},
      {"no opcode at all", pickle("\xff"), "0xff"},
      {"protocol 0", file("\x80\x01N."), "protocol 1, not 2 to 5"},
      {"a call of a type", pickle(global("torch", "FloatStorage") + ")R"), "which is no function"},
      {"a call of a number", pickle("K\x01)R"), "it calls a number"},
      {"a call with a number", pickle(dict_name + "K\x01R"), "with a number for its arguments"},
      {"an OrderedDict of pairs", pickle(dict_name + "]\x85R"), "OrderedDict from arguments"},
      {"a text that claims 4 GB", pickle("X\xff\xff\xff\xff"), "claims 4294967295 bytes"},
      {"a text that claims 2^64", pickle("\x8d" + std::string(8, '\xff')),
       "claims 18446744073709551615 bytes"},
      {"a text that is not UTF-8", pickle(text("\xc3(")), "not UTF-8"},
      {"a name without an end",
       file("\x80\x02"
            "cos"),
       "ends within a name"},
      {"no end", file("\x80\x02N"), "claims 1 bytes where 0 are left"},
      {"nothing", file(""), "claims 1 bytes"},
      {"bytes behind the end", file("\x80\x02N.N"), "something follows"},
      {"an empty stack", pickle(""), "ends with 0 values"},
      {"two values", pickle("NN"), "ends with 2 values"},
      {"a mark that stays", pickle("(N"), "1 values and 1 marks"},
      {"a mark that is not there", pickle("t"), "a mark that is not there"},
      {"more than there is", pickle("}N\x85s"), "more values than there are"},
      {"a value from below a mark", pickle("N(\x85"), "more values than there are"},
      {"a key without a value", pickle("}(Nu"), "key without a value"},
      {"items of a tuple", pickle(")(NNu"), "sets an item of a tuple"},
      {"an append to a dict", pickle("}Na"), "it appends to a dict"},
      {"attributes of a tuple", pickle(")}b"), "sets attributes of a tuple"},
      {"a place of the memo far away", pickle("Nr\xff\xff\xff\x7f"), "in place 2147483647 of 0"},
      {"a place that was never filled", pickle("j\xff\xff\xff\x7f"), "recalls place 2147483647 of 0"},
      {"a memo of nothing", pickle("q\1"), "in place 1 of 0"},
      {"an id that is no storage", pickle(tuple({1, 2}) + "Q"), "a number stands where a text is needed"},
  };
}

std::vector<Malformed> malformed_archives() {
  const std::string sound = sound_file();
  const auto changed = [](const std::string& from, const std::string& to,
                          std::string damaged = sound_file()) {
    for (auto at = damaged.find(from); at != damaged.npos; at = damaged.find(from, at + to.size())) {
      damaged.replace(at, from.size(), to);
    }
    return damaged;
  };
  /// A field of every local header and of every directory entry.
  const auto with_field = [&](std::size_t local, std::size_t central, char value) {
    std::string damaged = sound;
    for (std::size_t at = 0; (at = damaged.find("PK\3\4", at)) != damaged.npos; ++at)
      damaged[at + local] = value;
    for (std::size_t at = 0; (at = damaged.find("PK\1\2", at)) != damaged.npos; ++at)
      damaged[at + central] = value;
    return damaged;
  };
  const auto archive = [](const std::vector<std::string>& names) {
    static const std::string pickle = program("}");
    std::vector<ZipEntry> entries;
    for (const auto& name : names) entries.push_back({name, bytes_of(pickle)});
    return zip_stored(entries);
  };
  const std::string end = sound.substr(sound.rfind("PK\5\6"));
  std::string ends = sound;
  for (int i = 0; i < 8; ++i) ends += end;
  return {
      {"nothing", "", "it is empty"},
      {"a text", "This is not a model.", "it is no zip archive"},
      {"a zip's first bytes", "PK\3\4", "cannot be opened"},
      {"half a file", sound.substr(0, sound.size() / 2), "cannot be opened"},
      {"a file without its last byte", sound.substr(0, sound.size() - 1), "cannot be opened"},
      {"a changed weight", changed(std::string(16, '\1'), std::string(15, '\1') + "\2"), "is damaged"},
      {"a changed pickle", changed("_rebuild_tensor_v2", "_rebuild_tensor_v1"), "is damaged"},
      {"a compressed entry", with_field(8, 10, 8), "is compressed, which torch.save never does"},
      {"an encrypted entry", with_field(6, 8, 1), "is encrypted"},
      {"a name twice",
       changed("archive/data2pkl", "archive/data.pkl", archive({"archive/data.pkl", "archive/data2pkl"})),
       "cannot be opened"},
      {"several ends", ends, "several ends"},
      {"no pickle", archive({"archive/version"}), "without a data.pkl"},
      {"no folder", archive({"data.pkl"}), "without a data.pkl"},
      {"an entry elsewhere", archive({"archive/data.pkl", "/etc/passwd"}),
       "\"/etc/passwd\" lies outside the folder"},
      {"an entry above", archive({"archive/data.pkl", "../data/0"}), "\"../data/0\" lies outside the folder"},
      {"TorchScript", archive({"archive/constants.pkl", "archive/data.pkl"}), "TorchScript"},
      {"numbers in another order", archive({"archive/byteorder", "archive/data.pkl"}), "big-endian"},
  };
}

TEST(TorchFileReader, NamesTheFileAndTheReasonForEachMalformedFile) {
  for (const auto& group : {malformed_tensors(), malformed_pickles(), malformed_archives()}) {
    for (const Malformed& malformed : group) {
      SCOPED_TRACE(malformed.what);
      EXPECT_THAT(message_of<Error>([&] { read_all(malformed.file); }),
                  AllOf(HasSubstr("'m.pt'"), HasSubstr(malformed.reason)));
    }
  }
}

TEST(TorchFileReader, ReadsTheFileThatTheMalformedOnesWereMadeFrom) {
  EXPECT_THAT(read_all(sound_file()), ElementsAre(std::string(16, '\1')));
}

TEST(TorchFileReader, ShowsNoControlCharactersAndNoEndlessNamesInItsMessages) {
  const std::string name = "\x1b[31m" + std::string(100'000, 'n');
  for (const std::string& file :
       {file(program(global("os", name))), file(program(dict({{name, "N"}, {name, "N"}}))),
        file(program(dict({{name, "K\1"}})))}) {
    const std::string message = message_of<Error>([&] { read_all(file); });
    EXPECT_LT(message.size(), 500u);
    EXPECT_EQ(message.find('\x1b'), std::string::npos);
  }
}

}  // namespace
}  // namespace carousel
