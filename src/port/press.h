// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_PRESS_H
#define PORT_PRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/*
 * Has documents printed by somebody else than the thread that answers requests: printing takes from 50 ms to seconds, and no decision may
 * wait for it.
 *
 *   in     a document as document_write_json wrote it, copied at once, and the date that the file shall say
 *   out    a ticket; later the PDF file, or why there is none
 *   holds  the same order gives the same bytes; orders are printed one by one, as they came; nothing here waits for the printer
 *   fails  ERR_FULL: as many wait as may, come again in some seconds. ERR_TOO_LARGE: the document is beyond PRESS_DOCUMENT_SIZE_MAX
 *
 * All functions are called in the thread that answers.
 */
#define PRESS_DOCUMENT_SIZE_MAX (2U * 1024 * 1024) /* that of 500 orders has 0.17 MB */

struct press_order {
    struct str document; /* JSON (base/document.h) */
    int64_t made_ms;
};

enum press_state { PRESS_WAITING, PRESS_PRINTED, PRESS_FAILED };

struct press_figures {
    uint64_t printed, kept, refused, failed; /* kept: orders for which the sheet was there already, or on its way */
    uint32_t waiting;                        /* documents that wait or are being printed */
};

struct press_ops {
    /* `who` is the caller's own number, by which he is told. */
    enum err (*order)(void *self, const struct press_order *o, uint32_t who, uint32_t *ticket, struct problem *p);
    /* PRINTED: *pdf stays in place until the ticket is given back. FAILED: *p says why. */
    enum press_state (*look)(void *self, uint32_t ticket, struct str *pdf, struct problem *p);
    /* At any time, once: what is printed for nobody is dropped or kept for the next who asks. */
    void (*give_back)(void *self, uint32_t ticket);
    /* Whose order has come to its end and who has not been told yet; false: nobody's. Costs next to nothing then. */
    bool (*next_done)(void *self, uint32_t *who);
    struct press_figures (*figures)(void *self);
};

struct press {
    const struct press_ops *ops; /* NULL: nobody prints */
    void *self;
};

#endif
