#include "carousel/cells/leaky_rnn.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<LeakyRnnCell>();

}  // namespace carousel
