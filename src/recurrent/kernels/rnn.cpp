#include "carousel/cells/rnn.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<RnnCell>();
template const Readings& readings_of<ReluRnnCell>();

}  // namespace carousel
