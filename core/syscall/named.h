// For the tables of constants alone: a name and its value, so that no number can be mistyped.
#pragma once

#define POLYTAP_NAMED(constant) \
  { #constant, static_cast < uint64_t>(constant) }
