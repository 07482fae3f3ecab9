#include "carousel/recurrent/recurrent.h"

namespace carousel {

template class RecurrentImpl<RnnCell>;
template class RecurrentImpl<ReluRnnCell>;
template class RecurrentImpl<LstmCell>;
template class RecurrentImpl<GruCell>;
template class RecurrentImpl<PeepholeLstmCell>;
template class RecurrentImpl<CifgLstmCell>;
template class RecurrentImpl<SlstmCell>;
template class RecurrentImpl<MguCell>;
template class RecurrentImpl<IrnnCell>;
template class RecurrentImpl<LeakyRnnCell>;

}  // namespace carousel
