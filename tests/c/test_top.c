/* test_top.c - sqz_top is a stable sort, largest first, cut off after COUNT.
 *
 * Copyright the sqz2c authors. SPDX-License-Identifier: 0BSD
 */
#include "check.h"
#include "sqz_kernels.h"

enum { MOST = 12 };

/* How many logits come before INDEX. */
static int32_t rank_of(const int32_t *logits, int32_t count, int32_t index)
{
    int32_t rank = 0;

    for (int32_t i = 0; i < count; i++) {
        rank += logits[i] > logits[index] || (logits[i] == logits[index] && i < index);
    }
    return rank;
}

static void check_ranks(const int32_t *logits, int32_t logit_count, int32_t count)
{
    int32_t best[MOST + 1];

    best[count] = 77;
    sqz_top(logits, logit_count, best, count);
    for (int32_t rank = 0; rank < count; rank++) {
        check_equal(rank, rank_of(logits, logit_count, best[rank]), "rank");
    }
    check_equal(77, best[count], "writes no further");
}

static void test_random_logits_with_many_ties(void)
{
    for (int32_t round = 0; round < 2000; round++) {
        const int32_t logit_count = random_from(1, MOST);
        int32_t logits[MOST];

        for (int32_t i = 0; i < logit_count; i++) {
            logits[i] = random_from(-2, 2);
        }
        check_ranks(logits, logit_count, random_from(0, logit_count));
    }
}

static void test_extremes(void)
{
    static const int32_t logits[] = {INT32_MIN, 0, INT32_MAX, INT32_MIN, INT32_MAX, -1};

    check_ranks(logits, 6, 6);
}

int main(void)
{
    test_random_logits_with_many_ties();
    test_extremes();
    return check_result("test_top");
}
