#include "carousel/recurrent/load_cell.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "carousel/error.h"
#include "carousel/io/file.h"
#include "carousel/recurrent/cell_plugin.h"

#include "recurrent/plugin/cell_text.h"
#include "recurrent/plugin/compiler.h"
#include "recurrent/plugin/compiler_message.h"

namespace carousel {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t largest_cell_file = 1 << 20;

std::string read_cell_file(const fs::path& file) {
  const auto check = [&](std::string_view, std::uint64_t size) {
    if (size > largest_cell_file)
      throw Error(fmt::format("'{}' has {} bytes: it is no cell, which is a C++ header of at most 1 MiB",
                              file.string(), size));
  };
  return read_file(file, check);
}

/// A name that can stand between quotes in a source.
std::string in_source(std::string name) {
  std::ranges::replace_if(name, [](unsigned char c) { return c < 32 || c == '"' || c == '\\'; }, '_');
  return name;
}

/// The one source of the plug-in: the cell's own text under its own name, so that the compiler speaks of its lines.
std::string plugin_source(const std::string& source, const std::string& name) {
  return fmt::format(
      "#include <carousel/recurrent/cell_plugin.h>\n#line 1 \"{}\"\n{}\n#line 1 \"the export of the cell\"\n"
      "CAROUSEL_EXPORT_CELL({})\n",
      in_source(name), source, find_cell(source, name));
}

/// A cell is one file: what it includes must be there wherever the run is read again.
void refuse_local_includes(const std::string& source, const fs::path& folder, const std::string& name) {
  std::size_t line_number = 0;
  for (std::size_t at = 0; at < source.size(); ++line_number) {
    const auto end = std::min(source.find('\n', at), source.size());
    const std::string_view line(source.data() + at, end - at);
    at = end + 1;
    const auto hash = line.find_first_not_of(" \t");
    if (hash == std::string_view::npos || line[hash] != '#' || line.find("include") == std::string_view::npos)
      continue;
    const auto open = line.find('"'), close = line.rfind('"');
    if (open == close || open == std::string_view::npos) continue;
    const std::string_view included = line.substr(open + 1, close - open - 1);
    std::error_code ignored;
    if (!fs::exists(folder / included, ignored)) continue;
    throw Error(
        fmt::format("{}:{}: it includes \"{}\", but a cell is one file: put what it needs of it into '{}'",
                    name, line_number + 1, included, name));
  }
}

struct Opened {
  std::optional<RecordedCell> cell;
  std::string trouble;
};

/// Stays loaded for good: facts and kernels are looked at as long as the program runs.
Opened open_library(const fs::path& library) {
  void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) return {{}, ::dlerror()};
  const auto* abi = static_cast<const std::uint64_t*>(::dlsym(handle, "carousel_cell_abi"));
  if (!abi || *abi != cell_plugin_abi) return {{}, "it was compiled for another version of Carousel"};
  const auto cell = reinterpret_cast<const RecordedCell* (*)()>(::dlsym(handle, "carousel_cell"));
  if (!cell) return {{}, "it exports no cell"};
  return {*cell(), {}};
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || ::access(folder.c_str(), W_OK) != 0) {
    throw SystemError(fmt::format(
        "cannot keep compiled cells in '{}': set CAROUSEL_CELL_CACHE to a folder that can be written",
        folder.string()));
  }
}

/// Compiled aside and then put in its place, so that two programs may do so at once.
void build_library(const CellTools& tools, const std::string& source, const std::string& name,
                   const fs::path& library) {
  make_folder(tools.keep);
  const fs::path aside = library.string() + fmt::format(".{}", ::getpid());
  const fs::path text = aside.string() + ".cpp";
  const auto clear = [&] {
    std::error_code ignored;
    fs::remove(text, ignored), fs::remove(aside, ignored);
  };
  try {
    write_file_atomically(text, source);
    const Compiled compiled = compile(tools, text, aside);
    if (!compiled.done) throw Error(compiler_message(compiled.output, name));
    fs::rename(aside, library);
  } catch (...) {
    clear();
    throw;
  }
  clear();
}

void check_name(std::string_view name, const std::string& file) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  if (!name.empty() && name.size() <= 64 && std::ranges::all_of(name, fits)) return;
  throw Error(fmt::format("'{}' names its cell '{}': a name has letters, digits, '-' and '_', 64 at most",
                          file, name));
}

}  // namespace

std::string cell_hash(const std::string& source) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : source) hash = detail::mixed(hash, static_cast<unsigned char>(c));
  return fmt::format("{:016x}", hash);
}

LoadedCell load_cell_text(const std::string& source, const std::string& name, const CellCompiler& compiler) {
  const std::string whole = plugin_source(source, name);
  const CellTools tools = find_tools(compiler, name);
  const fs::path library =
      tools.keep / fmt::format("{}-{}.so", cell_hash(whole),
                               cell_hash(fmt::format("{} {}", cell_plugin_abi, fingerprint(tools))));
  std::error_code ignored;
  Opened opened;
  if (fs::exists(library, ignored)) opened = open_library(library);
  if (!opened.cell) {  // never compiled, or what was kept is damaged
    build_library(tools, whole, name, library);
    opened = open_library(library);
  }
  if (!opened.cell)
    throw Error(
        fmt::format("cannot load '{}', compiled from '{}': {}", library.string(), name, opened.trouble));
  check_name(opened.cell->facts.name, name);
  return {*opened.cell, name, source, cell_hash(source)};
}

LoadedCell load_cell(const fs::path& file, const CellCompiler& compiler) {
  const std::string source = read_cell_file(file);
  const std::string name = file.filename().string();
  refuse_local_includes(source, file.parent_path(), name);
  return load_cell_text(source, name, compiler);
}

}  // namespace carousel
