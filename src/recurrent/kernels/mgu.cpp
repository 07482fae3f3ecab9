#include "carousel/cells/mgu.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<MguCell>();

}  // namespace carousel
