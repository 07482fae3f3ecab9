#include "carousel/cells/cifg_lstm.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<CifgLstmCell>();

}  // namespace carousel
