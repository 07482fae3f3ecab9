// Several observers of one forward pass as one.
#pragma once

#include <memory>
#include <vector>

#include "carousel/recurrent/observer.h"

namespace carousel {

/// All that listen, as one observer; null when nobody does. Made anew for every forward pass.
std::shared_ptr<FlowObserver> all_of(const std::shared_ptr<FlowObserver>& observer,
                                     const std::vector<std::shared_ptr<FlowObserver>>& listeners);

}  // namespace carousel
