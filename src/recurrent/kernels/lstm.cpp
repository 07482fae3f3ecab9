#include "carousel/cells/lstm.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<LstmCell>();

}  // namespace carousel
