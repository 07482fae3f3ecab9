// carousel train

#include "train/train.h"

#include "options/toml.h"
#include "runs/request.h"
#include "terminal/output.h"
#include "train/training_run.h"

namespace carousel::cli {

int train(const Words& words, const Registries& registries) {
  auto request = read_train_request(words, registries);
  if (!request) return 0;
  if (request->values.flag("dump-config")) {
    print(to_toml(request->values));
    return 0;
  }
  Words command{"carousel", "train"};
  command.insert(command.end(), words.begin(), words.end());
  return TrainingRun(std::move(*request), registries, std::move(command)).run();
}

}  // namespace carousel::cli
