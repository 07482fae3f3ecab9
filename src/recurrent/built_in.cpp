#include "carousel/recurrent/recurrent.h"

namespace carousel {

template class RecurrentImpl<RnnCell>;
template class RecurrentImpl<ReluRnnCell>;
template class RecurrentImpl<LstmCell>;
template class RecurrentImpl<GruCell>;
template class RecurrentImpl<PeepholeLstmCell>;

}  // namespace carousel
