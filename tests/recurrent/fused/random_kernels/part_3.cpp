#include "recurrent/fused/random_cells.h"

namespace carousel::testing {

template std::vector<const fused::FusedCell*> kernels_of_part<3>();

}  // namespace carousel::testing
