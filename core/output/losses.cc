#include "core/output/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/output/json.h"

namespace polytap {
namespace {

std::string plural(uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// VERB: is or was.
std::string why_lost(const Losses& losses, std::string_view verb) {
  if (!losses.entries_on_demand) return fmt::format("the map {} full; raise max_map_keys", verb);
  return fmt::format(
      "a map {} full (raise max_map_keys), or the kernel had no memory at hand for a new key (that of maps of up to 64 "
      "MiB is set aside)",
      verb);
}

}  // namespace

// Each object tells what has come since the last one: who adds them up has it all.
void LossRenderer::as_json(const Losses& losses) {
  const uint64_t records = losses.records - told_.records;
  const uint64_t updates = losses.updates - told_.updates;
  const uint64_t missed = losses.missed - told_.missed;
  if (records == 0 && updates == 0 && missed == 0) return;
  std::string probes;
  for (const SiteLosses& site : losses.sites) {
    uint64_t events = site.records + site.missed;
    for (const SiteLosses& told : told_.sites) {
      if (told.site == site.site) events -= std::min(events, told.records + told.missed);
    }
    if (events == 0 || site.site >= program_.sites.size()) continue;
    if (!probes.empty()) probes += ", ";
    append_json_string(probes, program_.sites[site.site].name);
    probes += fmt::format(": {}", events);
  }
  sink_.out(fmt::format(
      "{{\"type\": \"lost_events\", \"count\": {}, \"data\": {{\"events\": {}, \"map_updates\": {}, "
      "\"missed_probes\": {}{}}}}}\n",
      records, records, updates, missed, probes.empty() ? "" : fmt::format(", \"probes\": {{{}}}", probes)));
  told_ = losses;
}

void LossRenderer::so_far(const Losses& losses) {
  if (is_json_) return as_json(losses);
  sink_.flush();
  if (losses.records != told_.records) {
    sink_.error(fmt::format("Lost {} so far: the buffer to user space is full; raise perf_rb_pages\n",
                            plural(losses.records, "event")));
  }
  if (losses.updates != told_.updates) {
    sink_.error(fmt::format("Lost {} so far: {}\n", plural(losses.updates, "map update"), why_lost(losses, "is")));
  }
  if (losses.missed != told_.missed) {
    sink_.error(fmt::format("Missed {} so far: the backend could not run the probe\n", plural(losses.missed, "event")));
  }
  told_ = losses;
}

void LossRenderer::at_end(const Losses& losses) {
  if (!losses.any()) return;
  if (is_json_) return as_json(losses);
  sink_.flush();
  if (losses.records != 0) {
    sink_.error(fmt::format("Lost {}: the buffer to user space was full\n", plural(losses.records, "event")));
  }
  if (losses.updates != 0) {
    sink_.error(fmt::format("Lost {}: {}\n", plural(losses.updates, "map update"), why_lost(losses, "was")));
  }
  if (losses.missed != 0) {
    sink_.error(fmt::format("Missed {}: the backend could not run the probe\n", plural(losses.missed, "event")));
  }
  if (program_.sites.size() < 2) return;
  for (const SiteLosses& site : losses.sites) {
    if (site.site >= program_.sites.size()) continue;
    std::string what;
    if (site.records != 0) what = fmt::format("lost {}", site.records);
    if (site.missed != 0) what += fmt::format("{}missed {}", what.empty() ? "" : ", ", site.missed);
    sink_.error(fmt::format("  {}: {}\n", program_.sites[site.site].name, what));
  }
}

}  // namespace polytap
