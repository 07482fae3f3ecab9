#include "options/command_line.h"

#include "terminal/output.h"

namespace carousel::cli {

std::optional<CommandLine> read_command_line(const Command& command, const Words& words) {
  CommandLine line{parse_arguments(command, words), OptionValues(command.options)};
  if (line.arguments.help()) {
    print(help_text(command, true));
    return {};
  }
  line.values.apply(Layer::flag, line.arguments.given);
  return line;
}

}  // namespace carousel::cli
