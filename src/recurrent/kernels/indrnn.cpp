#include "carousel/cells/indrnn.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<IndRnnCell>();

}  // namespace carousel
