#include "carousel/cells/rglru.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<RgLruCell>();

}  // namespace carousel
