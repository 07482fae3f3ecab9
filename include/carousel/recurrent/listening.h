// Listening to a module for a while, beside whoever does already.
#pragma once

#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// While it lives, every forward pass of `module` reports to `observer` too; null changes nothing. The module
/// must outlive it.
class Listening {
 public:
  Listening(RecurrentBase& module, std::shared_ptr<FlowObserver> observer);
  ~Listening();
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  RecurrentBase& module_;
  std::shared_ptr<FlowObserver> observer_;
};

}  // namespace carousel
