// A stream gives, step by step, what the module gives for the whole sequence.
#include "carousel/recurrent/stream.h"

#include "carousel/recurrent/cell_registry.h"

#include "support/error_of.h"
#include "support/parity.h"

namespace carousel::testing {
namespace {

using torch::Tensor;

TEST(RecurrentStream, GivesWhatTheWholeSequenceGivesForEveryCell) {
  torch::manual_seed(1);
  const auto cells = CellRegistry::with_built_in();
  for (const auto& name : cells.names()) {
    const auto module = cells.make(name, RecurrentOptions(5, 19).num_layers(2));
    if (!RecurrentStream::supports(*module)) continue;
    for (const auto dtype : {torch::kFloat, torch::kDouble}) {
      module->to(dtype);
      const auto x = torch::randn({9, 1, 5}, dtype);
      const auto whole = module->run_padded(x, {}).first;
      RecurrentStream stream(*module);
      for (int again = 0; again < 2; ++again) {
        for (std::int64_t t = 0; t < 9; ++t) {
          EXPECT_LE(difference(stream.step(x[t][0]), whole[t][0]), dtype == torch::kFloat ? 1e-6 : 1e-13)
              << name << t;
        }
        stream.restart();
      }
    }
  }
}

TEST(RecurrentStream, ReadsClassNumbersAsOneHotRows) {
  torch::manual_seed(1);
  Gru gru(RecurrentOptions(5, 19).num_layers(2));
  const auto classes = torch::tensor({3, 0, 4, 4, 1});
  const auto whole = gru->run({classes, {1, 1, 1, 1, 1}}, {}).output;
  RecurrentStream stream(*gru, RecurrentStream::Input::classes);
  for (std::int64_t t = 0; t < 5; ++t) {
    EXPECT_LE(difference(stream.step(classes[t].item<std::int64_t>()), whole[t]), 1e-6);
  }
}

TEST(RecurrentStream, KeepsTheWeightsItWasMadeWith) {
  Lstm lstm(3, 8);
  const auto x = torch::randn({3});
  RecurrentStream stream(*lstm);
  const auto before = stream.step(x).clone();
  {
    const torch::NoGradGuard no_grad;
    for (auto& p : lstm->parameters()) p.zero_();
  }
  stream.restart();
  EXPECT_TRUE(torch::equal(stream.step(x), before));
}

TEST(RecurrentStream, RefusesWhatItCannotDoInASentence) {
  Lstm two_ways(RecurrentOptions(3, 8).bidirectional(true)),
      on_loop(RecurrentOptions(3, 8).engine(Engine::loop));
  EXPECT_EQ(error_of([&] { RecurrentStream{*two_ways}; }),
            "a module of two directions needs the end of its input first: it cannot be streamed");
  EXPECT_EQ(error_of([&] { RecurrentStream{*on_loop}; }),
            "only what the fused engine runs can be streamed, and lstm runs on the loop engine (asked for)");
  Lstm lstm(3, 8);
  RecurrentStream rows(*lstm), classes(*lstm, RecurrentStream::Input::classes);
  EXPECT_EQ(error_of([&] { rows.step(torch::zeros({4})); }),
            "a step of this stream reads [3] Float, not Float of shape [4]");
  EXPECT_EQ(error_of([&] { rows.step(1); }), "a step of this stream reads [3] numbers, not the class 1");
  EXPECT_EQ(error_of([&] { classes.step(3); }), "the class is 3: it must be from 0 to 2");
}

}  // namespace
}  // namespace carousel::testing
