// Whether the tests themselves were built with ThreadSanitizer. It gives every process a thread of its own, so tests
// that count the threads of programs that this very binary plays cannot hold.
#pragma once

namespace polytap::test {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
inline constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace polytap::test
