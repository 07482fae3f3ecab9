#include "carousel/cells/paragru.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<ParaGruCell>();

}  // namespace carousel
