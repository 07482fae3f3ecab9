#include "carousel/cells/paralstm.h"

#include "carousel/recurrent/readings.h"

namespace carousel {

template const Readings& readings_of<ParaLstmCell>();

}  // namespace carousel
