#include "carousel/cells/irnn.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<IrnnCell>();

}  // namespace carousel
