#include "carousel/cells/peephole_lstm.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<PeepholeLstmCell>();

}  // namespace carousel
