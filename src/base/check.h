// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

/*
 * CHECK(condition): a programmer's error stops the process, in every build; the journal brings it back.
 * Never for input, never for what the operating system may refuse: those are enum err.
 */
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

__attribute__((noreturn, cold)) void check_failed(const char *condition, const char *file, int line);

#endif
