// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_ISSUER_PACK_H
#define NOTIFY_ISSUER_PACK_H

#include "notify/report.h"

/*
 * What the issuer of a card needs of one charge, so that the holder never has to carry messages between his bank and the shop: that it was
 * not his, what the merchant asks, how the charge stands and went, what it paid for, by which way the account was entered.
 *
 *   in     the rows of one response, and what only the merchant knows; what is not known is left out, never made up
 *   out    a document in one language (the owner's, and English), and the same for programs
 *   holds  a pack says "not authorised" only of a charge that may be undone (go): of what the hijacker did for sure
 *   fails  ERR_NOT_FOUND: the response knows no such charge. ERR_CONFLICT: it was the owner's own, or nobody has said yet whose it was.
 *          ERR_FULL: `arena` or `out` is too small
 */
#define ISSUER_PACK_MEMORY_SIZE (1024U * 1024) /* of `arena`, for the largest: 256 lines and their texts, and what they are written in */
#define ISSUER_PACK_STEPS_MAX   64 /* requests about one charge that are told: a refund is asked for twice at most before a person has it */

struct issuer_pack_source {
    struct report_source rows;
    const struct step_row *steps; /* all of the incident */
    size_t step_count;
};

/* Each may be empty. */
struct issuer_pack_known {
    struct str merchant, merchant_id, descriptor; /* as the issuer knows them */
    struct str desk;                              /* where the merchant's fraud desk is reached */
    struct str card_last4, token, authorisation_code;
    struct str check_code; /* by which it can be seen to be the merchant's (notice_code) */
};

/* The text of that name, to be set; NULL: nothing of a charge is called so. */
struct str *issuer_pack_known_member(struct issuer_pack_known *k, struct str name);
/* ERR_INVALID: more of a card than a file that is handed on may tell. */
enum err issuer_pack_check_known(const struct issuer_pack_known *k, struct problem *p) MUST_USE;

enum err issuer_pack_write(const struct phrases *p, const struct issuer_pack_source *s, const struct issuer_pack_known *k,
                           const struct report_wish *w, struct str charge, struct arena *arena, struct document *out) MUST_USE;
/* docs/reference/issuer-pack.md */
enum err issuer_pack_write_json(const struct issuer_pack_source *s, const struct issuer_pack_known *k, const struct report_wish *w,
                                struct str charge, struct arena *arena, struct buf *out) MUST_USE;

/* The charges of which there is a pack to be written, in the order in which they were found: how many, at most count_max. */
size_t issuer_pack_charges(const struct report_source *s, struct str *charges, size_t count_max);

#endif
