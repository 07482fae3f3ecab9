#include "carousel/recurrent/listening.h"

#include <algorithm>

namespace carousel {

Listening::Listening(RecurrentBase& module, std::shared_ptr<FlowObserver> observer)
    : module_(module), observer_(std::move(observer)) {
  if (observer_) module_.listeners_.push_back(observer_);
}

Listening::~Listening() {
  auto& all = module_.listeners_;
  const auto own = std::ranges::find(all, observer_);
  if (own != all.end()) all.erase(own);
}

bool RecurrentBase::reports_to(const std::shared_ptr<FlowObserver>& observer) const {
  return observer_ == observer || std::ranges::find(listeners_, observer) != listeners_.end();
}

}  // namespace carousel
