#include "carousel/cells/min_lstm.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<MinLstmCell>();

}  // namespace carousel
