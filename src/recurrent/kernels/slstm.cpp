#include "carousel/cells/slstm.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<SlstmCell>();

}  // namespace carousel
