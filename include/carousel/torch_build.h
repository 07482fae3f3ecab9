// Which LibTorch this program is built with. Apart from version.h, so that what needs no tensor compiles
// before there is one.
#pragma once

namespace carousel {

extern const char* const torch_version;  ///< such as "2.13.0+cpu"
extern const char* const torch_blas;     ///< what multiplies matrices: "mkl"
extern const char* const torch_python;  ///< the Python whose package LibTorch is part of; "" where it is none

}  // namespace carousel
