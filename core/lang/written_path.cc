#include "core/lang/written_path.h"

#include <filesystem>
#include <string>
#include <system_error>

namespace polytap {
namespace {

// PATH relative to where polytap runs; empty when it lies elsewhere.
std::string relative_path(std::string_view path, std::string_view written) {
  std::error_code error;
  const std::string folder = std::filesystem::current_path(error).string() + "/";
  if (error || !path.starts_with(folder)) return {};
  return (written.starts_with("./") ? "./" : "") + std::string(path.substr(folder.size()));
}

}  // namespace

void name_as_written(ProbeSite& site, std::string_view written) {
  if (written.starts_with('/') || written.find('/') == std::string_view::npos) return;
  const size_t at = site.name.find(":" + site.module);
  if (site.module.empty() || at == std::string::npos) return;
  const bool pattern = written.find_first_of("*?[") != std::string_view::npos;
  const std::string shown = pattern ? relative_path(site.module, written) : std::string(written);
  if (!shown.empty()) site.name.replace(at + 1, site.module.size(), shown);
}

}  // namespace polytap
