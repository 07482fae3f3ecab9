// The part of LibTorch that Carousel is written on: tensors and their operations, modules, packed sequences, gradients
// of gradients. torch/torch.h costs every source twice the time, precompiled or not; what only one source
// needs (an optimiser, a custom autograd function) it includes by itself.
#pragma once

#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/init.h>
#include <torch/nn/module.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/options/rnn.h>
#include <torch/nn/utils/rnn.h>
#include <torch/types.h>
#include <torch/utils.h>
