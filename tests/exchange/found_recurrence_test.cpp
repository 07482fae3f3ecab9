// Which recurrence, cell and size is recognised in a state dict, where it is not a full matrix.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "carousel/exchange/found_model.h"
#include "carousel/recurrent/recurrent.h"
#include "carousel/torch.h"

#include "support/error_of.h"

namespace carousel {
namespace {

using carousel::testing::error_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TensorMap saved(const std::string& cell, RecurrentOptions options, const std::string& recurrence = "",
                const std::string& prefix = "net.") {
  if (!recurrence.empty()) options.recurrence(Recurrence::parse(recurrence));
  TensorMap tensors;
  for (const auto& [name, tensor] : state_dict(*CellRegistry::with_built_in().make(cell, options)))
    tensors[prefix + name] = tensor;
  return tensors;
}

FoundModel found_in(const TensorMap& tensors, const std::string& cell = "", std::int64_t hidden = 0) {
  return find_model(tensors, CellRegistry::with_built_in(), "a.pt", cell, hidden);
}

std::string refusal_of(const TensorMap& tensors, const std::string& cell = "", std::int64_t hidden = 0) {
  return error_of([&] { found_in(tensors, cell, hidden); });
}

const RecurrentOptions deep = RecurrentOptions(3, 12).num_layers(2).bidirectional(true);

TEST(FoundRecurrence, IsThatOfTheShapesForEveryCellThatIsNamed) {
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    if (name.starts_with("torch-")) continue;
    for (const char* recurrence : {"full", "heads:3", "diagonal", "none"}) {
      if (name == "layer-norm-lstm" && std::string(recurrence) != "full") continue;
      for (const bool starts : {false, true}) {
        SCOPED_TRACE(fmt::format("{} {} {}", name, recurrence, starts));
        const auto tensors = saved(
            name, RecurrentOptions(starts ? deep : RecurrentOptions(3, 12)).learn_start(starts), recurrence);
        const auto model = found_in(tensors, name);
        EXPECT_EQ(model.cell, name);
        EXPECT_EQ(model.recurrence.text(), recurrence);
        EXPECT_EQ(model.hidden_size, 12);
        EXPECT_EQ(model.weights.size(), tensors.size());
        for (const auto& [entry, tensor] : tensors)
          EXPECT_TRUE(model.weights.at("recurrent." + entry.substr(4)).equal(tensor)) << entry;
      }
    }
  }
}

TEST(FoundRecurrence, TellsTheCellsOfWhichItIsTheOwnWhereAnythingTellsTheUnits) {
  for (const char* name : {"mingru", "minlstm", "sru", "rglru", "indrnn", "paragru", "paralstm"}) {
    for (const bool both : {false, true}) {
      const auto model = found_in(saved(name, RecurrentOptions(3, 12).num_layers(2).bidirectional(both)));
      EXPECT_EQ(model.cell, name);
      EXPECT_EQ(model.hidden_size, 12) << name;
      EXPECT_THAT(model.other_cells, IsEmpty()) << name;
    }
  }
  for (const char* name : {"sru", "rglru", "paralstm"})
    EXPECT_EQ(found_in(saved(name, {3, 12})).hidden_size, 12) << "by its vectors: " << name;
  EXPECT_EQ(found_in(saved("mingru", RecurrentOptions(3, 12).learn_start(true))).hidden_size, 12);
}

TEST(FoundRecurrence, OfOneLayerWithoutAnythingElseIsAskedForByCellOrUnits) {
  const auto diagonal = saved("indrnn", {3, 12}), none = saved("mingru", {3, 6});
  EXPECT_EQ(
      refusal_of(diagonal),
      "the weights of a.pt fit indrnn of 12 units and paragru of 4 units: say which by --cell or --hidden");
  EXPECT_EQ(found_in(diagonal, "", 12).cell, "indrnn");
  EXPECT_EQ(found_in(diagonal, "", 4).cell, "paragru");
  EXPECT_EQ(found_in(diagonal, "paragru").hidden_size, 4);
  EXPECT_EQ(
      refusal_of(none),
      "the weights of a.pt fit mingru of 6 units and minlstm of 4 units: say which by --cell or --hidden");
  EXPECT_EQ(found_in(none, "", 4).cell, "minlstm");
  EXPECT_THAT(refusal_of(none, "", 5),
              AllOf(HasSubstr("12 rows, recurrence none, in"), HasSubstr("--hidden 5")));
  EXPECT_THAT(refusal_of(none, "sru"), AllOf(HasSubstr("weights of sru"), HasSubstr("mingru or minlstm")));
}

TEST(FoundRecurrence, WhoseUnitsWereGuessedIsSaidInANote) {
  const auto tensors = saved("slstm", {3, 11}, "diagonal");
  EXPECT_THAT(found_in(tensors).notes,
              ElementsAre(HasSubstr("no shape tells the number of units: read as indrnn of 44 units")));
  EXPECT_THAT(found_in(tensors, "slstm").notes, IsEmpty());
  EXPECT_THAT(found_in(tensors, "", 44).notes, IsEmpty());
}

TEST(FoundRecurrence, OfHeadsIsThatOfACellWithAFullMatrix) {
  const auto model = found_in(saved("slstm", deep, "heads:4"));
  EXPECT_EQ(model.cell, "lstm");
  EXPECT_THAT(model.other_cells, ElementsAre("slstm"));
  EXPECT_EQ(model.recurrence, Recurrence::parse("heads:4"));
  EXPECT_EQ(found_in(saved("peephole-lstm", deep, "heads:2")).cell, "peephole-lstm");
}

TEST(FoundRecurrence, IsReadFromSeparateModulesToo) {
  auto tensors = saved("mingru", {3, 12}, "", "rnn1.");
  tensors.merge(saved("mingru", {12, 12}, "", "rnn2."));
  const auto model = found_in(tensors);
  EXPECT_EQ(model.cell, "mingru");
  EXPECT_EQ(model.layers, 2);
  EXPECT_EQ(model.hidden_size, 12);
  auto mixed = saved("mingru", {3, 12}, "", "rnn1.");
  mixed.merge(saved("mgu", {12, 12}, "", "rnn2."));
  EXPECT_THAT(refusal_of(mixed), HasSubstr("the recurrence of rnn1 is none and of rnn2 full"));
}

TEST(FoundRecurrence, ThatContradictsTheOtherWeightsIsRefused) {
  EXPECT_THAT(refusal_of(saved("peephole-lstm", {3, 12}, "none")),
              AllOf(HasSubstr("4 blocks of 12 rows, recurrence none, in"),
                    HasSubstr("of a cell whose own recurrence is not none, say which by --cell")));
  EXPECT_THAT(refusal_of(saved("lstm", {3, 12}), "", 6), HasSubstr("of 12 units, and --hidden is 6"));
  auto bent = saved("indrnn", {3, 12});
  bent["net.weight_hh_l0"] = torch::zeros({11});
  EXPECT_THAT(refusal_of(bent), AllOf(HasSubstr("[12, 3] and [11]"), HasSubstr("the same number of rows")));
  bent["net.weight_hh_l0"] = torch::zeros({1, 2, 3, 4});
  EXPECT_THAT(refusal_of(bent),
              AllOf(HasSubstr("weight_hh_l0 of shape [1, 2, 3, 4]"), HasSubstr("3 of heads")));
  bent["net.weight_hh_l0"] = torch::zeros({3, 4, 0});
  EXPECT_THAT(refusal_of(bent), HasSubstr("of shape [3, 4, 0]"));
  bent["net.weight_hh_l0"] = torch::zeros({3, 5, 4});
  EXPECT_THAT(refusal_of(bent), HasSubstr("multiple of the 12 units"));
  auto half = saved("indrnn", deep);
  half.erase("net.weight_hh_l1");
  EXPECT_THAT(refusal_of(half), HasSubstr("missing: net.weight_hh_l1"));
  auto gap = saved("minlstm", RecurrentOptions(3, 12).num_layers(3));
  gap.erase("net.weight_ih_l1"), gap.erase("net.bias_ih_l1"), gap.erase("net.bias_hh_l1");
  EXPECT_THAT(refusal_of(gap), HasSubstr("missing: net.weight_ih_l1"));
}

}  // namespace
}  // namespace carousel
