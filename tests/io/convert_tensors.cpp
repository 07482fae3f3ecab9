// convert_tensors IN KEY OUT...   reads the tensors of a safetensors or torch.save file (the state dict under
// KEY, which may be empty) and writes them in the format that each OUT's extension names: what the tests in
// Python put between two programs of theirs.
#include <filesystem>
#include <iostream>
#include <string>

#include "carousel/error.h"
#include "carousel/train/state_dict.h"

int main(int count, char** words) {
  if (count < 4) {
    std::cerr << "usage: convert_tensors IN KEY OUT...\n";
    return 2;
  }
  try {
    const auto tensors = carousel::load_tensors(words[1], words[2]);
    for (int i = 3; i < count; ++i) {
      const std::filesystem::path out = words[i];
      if (out.extension() == ".safetensors") {
        carousel::save_tensors(out, tensors);
      } else {
        carousel::save_torch_file(out, tensors);
      }
    }
    return 0;
  } catch (const carousel::Error& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
