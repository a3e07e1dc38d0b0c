#include "backends/uprobe/event_group.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/base/unique_fd.h"

namespace polytap::uprobe {

std::string probe_definition(std::string_view group, std::string_view name, const ProbeSite& site,
                             std::string_view path, const std::vector<FetchField>& fields) {
  std::string text =
      fmt::format("{}:{}/{} {}:{:#x}", site.is_return() ? 'r' : 'p', group, name, path, site.file_offset);
  if (site.reference_counter != 0) text += fmt::format("({:#x})", site.reference_counter);
  for (const FetchField& field : fields) text += fmt::format(" {}={}", field.name, field.argument);
  return text;
}

Result<EventGroup> EventGroup::create(const Tracefs& tracefs) {
  ASSIGN_OR_RETURN(ProbeGroup group, ProbeGroup::create(tracefs, kUprobeEvents));
  return EventGroup(std::move(group));
}

Result<EventFormat> EventGroup::add(const ProbeSite& site, const std::vector<FetchField>& fields) {
  // A path of its own for the file: the definition is split at spaces, and the path may hold some.
  const UniqueFd file(open(site.module.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return Error::from_errno(fmt::format("{}: open {}", site.name, site.module));
  const bool plain = std::ranges::none_of(site.module, [](unsigned char c) { return std::isspace(c) != 0; });
  const std::string path =
      plain && site.module.starts_with('/') ? site.module : fmt::format("/proc/self/fd/{}", file.get());
  auto format = group_.add(probe_definition(group_.name(), group_.next_event(), site, path, fields));
  if (!format) return std::move(format).error().context(site.name);
  return format;
}

}  // namespace polytap::uprobe
