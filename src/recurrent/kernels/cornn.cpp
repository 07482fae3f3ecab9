#include "carousel/cells/cornn.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<CornnCell>();

}  // namespace carousel
