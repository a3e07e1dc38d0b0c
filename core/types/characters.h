// C's arrays of plain chars are texts, wherever the script or its output meets them.
#pragma once

#include "core/types/type.h"

namespace polytap {

// TYPE, or, if it is an array of plain chars, the string of its size.
Type characters_as_text(const Type& type);

}  // namespace polytap
