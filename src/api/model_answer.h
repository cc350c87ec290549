// SPDX-License-Identifier: Apache-2.0
#ifndef API_MODEL_ANSWER_H
#define API_MODEL_ANSWER_H

#include "api/exchange.h"

/* Answers with the learned model in force, as JSON. */
enum exchange_result model_answer(struct exchange *x);
/* The same after a try to put another in force, which leaves when that is durable. `err` and *p: how it went. */
enum exchange_result model_answer_change(struct exchange *x, enum err err, struct problem *p);
/* JSON Schema of the answer. */
#define MODEL_ANSWER_SCHEMA "{\"type\":\"object\"}"

#endif
