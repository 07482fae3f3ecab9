#include "carousel/cells/gru.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<GruCell>();

}  // namespace carousel
