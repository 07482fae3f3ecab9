// What is parsed once for all sources that know tensors. Nothing of Carousel's own: a change here compiles
// everything anew.
#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "carousel/torch.h"
