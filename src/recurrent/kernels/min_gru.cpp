#include "carousel/cells/min_gru.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<MinGruCell>();

}  // namespace carousel
