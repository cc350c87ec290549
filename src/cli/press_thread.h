// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_PRESS_THREAD_H
#define CLI_PRESS_THREAD_H

#include "port/press.h"

/*
 * A printer in a thread of its own beside a server:
 *
 *     answering thread:  order -> a sheet waits            look -> the sheet's bytes -> give back
 *     printer's thread:            takes the oldest, reads the document, prints -> wake
 *
 * The two share PRESS_SHEETS_MAX sheets. Under the lock only states are changed and bytes copied; while one is printed it is not held. All
 * memory is reserved at the start and touched as it is needed: at most 6 MiB a sheet, and 36 MiB for the one that is being read. A printed
 * sheet stays for the next who orders the same, until its place is needed.
 *
 * Nothing of it is durable, and nothing is lost: whoever was not answered asks again.
 */
struct press_thread;

/* At 0.1 s a report eight are a second of waiting, at most ten (the largest). */
#define PRESS_SHEETS_MAX 8
/* Connections that wait for these or are being sent one. */
#define PRESS_TICKETS_MAX 64

enum err press_thread_open(struct press_thread **out, struct problem *p) MUST_USE;
/* `wake` is called in the printer's thread when a sheet is ready. */
enum err press_thread_start(struct press_thread *t, void (*wake)(void *context), void *context, struct problem *p) MUST_USE;
struct press press_thread_press(struct press_thread *t);
/* `wake` is not called any more once this returns; what was ordered is still printed. Does not wait for the printer. */
void press_thread_hush(struct press_thread *t);
/* Waits for the document that is being printed, and drops those that wait. NULL: nothing. */
void press_thread_close(struct press_thread *t);

#endif
