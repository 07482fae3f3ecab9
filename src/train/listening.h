// Who listens to a recurrent module for the length of a scope.
#pragma once

#include <memory>

#include "carousel/recurrent/recurrent_base.h"

namespace carousel {

/// While it lives, `observer` listens to a module; null leaves whoever listens already.
class Listening {
 public:
  Listening(RecurrentBase& module, const std::shared_ptr<FlowObserver>& observer)
      : module_(module), before_(module.observer()) {
    if (observer) module_.observe(observer);
  }
  ~Listening() { module_.observe(before_); }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  RecurrentBase& module_;
  std::shared_ptr<FlowObserver> before_;
};

}  // namespace carousel
