#include "carousel/cells/sru.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<SruCell>();

}  // namespace carousel
