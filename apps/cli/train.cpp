// carousel train

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/toml.h"
#include "cli/train_request.h"
#include "cli/training_run.h"

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
