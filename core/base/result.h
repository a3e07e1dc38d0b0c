// Result<T>: the outcome of what can fail. An Error carries what failed and a chain of what was being done, outermost
// first, so that the user reads "attach tracepoint:a:b: open .../id: Permission denied".
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/base/source.h"

namespace polytap {

// What went wrong. Messages are written for the user: what, where, and what to do where that is known.
class Error {
 public:
  explicit Error(std::string message, int code = 0) : message_(std::move(message)), code_(code) {}

  // "WHAT: strerror(CODE)"; keeps CODE so that callers can tell EPERM from ENOENT.
  static Error from_errno(const std::string& what, int code = errno);

  // Adds what was being done in front of the message.
  Error context(const std::string& doing) && {
    message_ = doing + ": " + message_;
    return std::move(*this);
  }

  const std::string& message() const { return message_; }
  // The errno value behind the failure, 0 when there was none.
  int code() const { return code_; }

  // The place in the script that it is about, where it is about one.
  Error at(Span place) && {
    place_ = place;
    return std::move(*this);
  }
  const std::optional<Span>& place() const { return place_; }

 private:
  std::string message_;
  int code_ = 0;
  std::optional<Span> place_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const& {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  Error& error() & {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const& {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<std::monostate, Error> state_;
};

using Status = Result<void>;

}  // namespace polytap

#define POLYTAP_JOIN_INNER(a, b) a##b
#define POLYTAP_JOIN(a, b) POLYTAP_JOIN_INNER(a, b)

// TRY(status_expression): returns its error from the enclosing function when it failed.
#define TRY(expression)                                       \
  do {                                                        \
    if (auto try_status_ = (expression); !try_status_.ok()) { \
      return std::move(try_status_).error();                  \
    }                                                         \
  } while (false)

// ASSIGN_OR_RETURN(auto x, result_expression): x gets the value, or the error is returned.
#define ASSIGN_OR_RETURN(declaration, expression) \
  ASSIGN_OR_RETURN_INNER(POLYTAP_JOIN(assign_result_, __LINE__), declaration, expression)
#define ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                   \
  if (!temporary.ok()) return std::move(temporary).error();        \
  declaration = std::move(temporary).value()
