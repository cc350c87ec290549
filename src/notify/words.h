// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_WORDS_H
#define NOTIFY_WORDS_H

#include "notify/notify.h"
#include "respond/respond.h"

/*
 * The words that everything told of a response has in common: amounts, dates, what an effect is called, how it stands, the money. Notices,
 * the report and whatever else is told take them from here, so that no two of them say the same fact differently.
 */
#define WORDS_CURRENCIES_MAX 8

/* "50,000 yen" */
void words_amount(const struct phrases *p, int64_t minor, const char *currency, struct buf *out);
/* To the minute; `local_ms`: with the offset of his zone added. */
void words_date(const struct phrases *p, int64_t local_ms, struct buf *out);
/* The phrase that is called `before`, `word`, `behind`; -1: there is none. */
int words_find(const char *before, struct str word, const char *behind);
/* What effects of that kind are called; -1: no effect that an owner is told of, as a sweep is none. */
int words_what(struct str kind);
/* How an effect stands. */
enum phrase words_state(const struct effect_row *e);
/* What was taken and what is back, one sentence a currency. */
void words_money(const struct phrases *p, const struct ledger_row *rows, size_t count, struct buf *out);
/* What a notice about `subject` has for its title; its text is the next phrase. -1: the owner is told nothing by that name. */
int words_title(struct str subject);
/* May a parcel still come? */
bool words_parcel_may_come(const struct effect_row *effects, size_t count);

#endif
