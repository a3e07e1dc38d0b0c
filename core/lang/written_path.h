// Names of sites with the path of their file as the script writes it.
#pragma once

#include <string_view>

#include "core/probe/site.h"

namespace polytap {

// `uprobe:./a.out:main` keeps its name, though the site's file is known by its whole path. WRITTEN: the file's part of
// the attach point; patterns, too, when they are relative to the folder that polytap runs in.
void name_as_written(ProbeSite& site, std::string_view written);

}  // namespace polytap
