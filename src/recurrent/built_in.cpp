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
template class RecurrentImpl<MinGruCell>;
template class RecurrentImpl<MinLstmCell>;
template class RecurrentImpl<SruCell>;
template class RecurrentImpl<IndRnnCell>;
template class RecurrentImpl<ParaGruCell>;
template class RecurrentImpl<ParaLstmCell>;
template class RecurrentImpl<RgLruCell>;
template class RecurrentImpl<CornnCell>;

}  // namespace carousel
