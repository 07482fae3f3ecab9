#include "recurrent/every_observer.h"

#include <algorithm>

namespace carousel {

namespace {

/// Hands everything on. Each observer counts the steps from a number of its own, so they are told to this one
/// from 0 on, for one forward pass.
class EveryObserver : public FlowObserver {
 public:
  explicit EveryObserver(std::vector<std::shared_ptr<FlowObserver>> observers) {
    for (auto& observer : observers) listeners_.push_back({std::move(observer), 0});
  }

  std::int64_t begin(const CellFacts& cell, std::int64_t steps) override {
    for (auto& listener : listeners_) listener.first = listener.observer->begin(cell, steps);
    return 0;
  }
  void resets(std::int64_t begin, std::span<const double> shares) override {
    for (const auto& [to, first] : listeners_) to->resets(first + begin, shares);
  }
  void gate_mean(LayerId id, std::size_t gate, std::int64_t step, double mean) override {
    for (const auto& [to, first] : listeners_) to->gate_mean(id, gate, first + step, mean);
  }
  void gate_saturation(LayerId id, std::size_t gate, std::int64_t step, Saturation share) override {
    for (const auto& [to, first] : listeners_) to->gate_saturation(id, gate, first + step, share);
  }
  void state_finite(LayerId id, std::int64_t step, bool finite) override {
    for (const auto& [to, first] : listeners_) to->state_finite(id, first + step, finite);
  }
  void gradient_awaited(LayerId id, std::size_t state, std::int64_t begin, std::int64_t steps) override {
    for (const auto& [to, first] : listeners_) to->gradient_awaited(id, state, first + begin, steps);
  }
  void gradient_norm(LayerId id, std::size_t state, std::int64_t step, double norm) override {
    for (const auto& [to, first] : listeners_) to->gradient_norm(id, state, first + step, norm);
  }
  void gate_means(LayerId id, std::size_t gate, std::int64_t begin, std::span<const double> means) override {
    for (const auto& [to, first] : listeners_) to->gate_means(id, gate, first + begin, means);
  }
  void gate_saturations(LayerId id, std::size_t gate, std::int64_t begin,
                        std::span<const Saturation> shares) override {
    for (const auto& [to, first] : listeners_) to->gate_saturations(id, gate, first + begin, shares);
  }
  void gradient_norms(LayerId id, std::size_t state, std::int64_t begin,
                      std::span<const double> norms) override {
    for (const auto& [to, first] : listeners_) to->gradient_norms(id, state, first + begin, norms);
  }

 private:
  struct Listener {
    std::shared_ptr<FlowObserver> observer;
    std::int64_t first = 0;
  };
  std::vector<Listener> listeners_;
};

}  // namespace

std::shared_ptr<FlowObserver> all_of(const std::shared_ptr<FlowObserver>& observer,
                                     const std::vector<std::shared_ptr<FlowObserver>>& listeners) {
  std::vector<std::shared_ptr<FlowObserver>> all;
  if (observer) all.push_back(observer);
  for (const auto& listener : listeners) {
    if (std::ranges::find(all, listener) == all.end()) all.push_back(listener);
  }
  if (all.size() > 1) return std::make_shared<EveryObserver>(std::move(all));
  return all.empty() ? nullptr : all.front();
}

}  // namespace carousel
