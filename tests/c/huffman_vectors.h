/* huffman_vectors.h - huffman.json as C. Made by tests/vectors/make_huffman.py. */
#include "sqz_huffman.h"

static const uint8_t sparse_0_dense_bits[] = {
    0,
};
static const int8_t sparse_0_dense_weights[] = {
    0,
};

static const uint8_t sparse_0_block_bits[] = {
    0,
};
static const int8_t sparse_0_block_weights[] = {
    0,
};

static const uint8_t sparse_0_raw_bits[] = {
    0,
};
static const int8_t sparse_0_raw_weights[] = {
    0,
};

static const uint16_t sparse_1_dense_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_1_dense_values_symbols[] = {
    0,
};
static const uint8_t sparse_1_dense_bits[] = {
    0,
};
static const int8_t sparse_1_dense_weights[] = {
    0,
};

static const uint16_t sparse_1_block_flags_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_1_block_flags_symbols[] = {
    0,
};
static const uint8_t sparse_1_block_bits[] = {
    0,
};
static const int8_t sparse_1_block_weights[] = {
    0,
};

static const uint8_t sparse_1_raw_bits[] = {
    0,
};
static const int8_t sparse_1_raw_weights[] = {
    0,
};

static const uint16_t sparse_7_dense_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_7_dense_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t sparse_7_dense_bits[] = {
    112, 0,
};
static const int8_t sparse_7_dense_weights[] = {
    0, 0, 0, 0, -3, 5, 0,
};

static const uint16_t sparse_7_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_7_block_values_symbols[] = {
    5, 253,
};
static const uint16_t sparse_7_block_flags_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_7_block_flags_symbols[] = {
    48,
};
static const uint8_t sparse_7_block_bits[] = {
    2,
};
static const int8_t sparse_7_block_weights[] = {
    0, 0, 0, 0, -3, 5, 0,
};

static const uint8_t sparse_7_raw_bits[] = {
    0, 0, 0, 0, 253, 5, 0,
};
static const int8_t sparse_7_raw_weights[] = {
    0, 0, 0, 0, -3, 5, 0,
};

static const uint16_t sparse_8_dense_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_8_dense_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t sparse_8_dense_bits[] = {
    112, 0,
};
static const int8_t sparse_8_dense_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0,
};

static const uint16_t sparse_8_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_8_block_values_symbols[] = {
    5, 253,
};
static const uint16_t sparse_8_block_flags_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_8_block_flags_symbols[] = {
    48,
};
static const uint8_t sparse_8_block_bits[] = {
    2,
};
static const int8_t sparse_8_block_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0,
};

static const uint8_t sparse_8_raw_bits[] = {
    0, 0, 0, 0, 253, 5, 0, 0,
};
static const int8_t sparse_8_raw_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0,
};

static const uint16_t sparse_9_dense_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_9_dense_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t sparse_9_dense_bits[] = {
    112, 0,
};
static const int8_t sparse_9_dense_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0,
};

static const uint16_t sparse_9_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_9_block_values_symbols[] = {
    5, 253,
};
static const uint16_t sparse_9_block_flags_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_9_block_flags_symbols[] = {
    0, 48,
};
static const uint8_t sparse_9_block_bits[] = {
    3,
};
static const int8_t sparse_9_block_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0,
};

static const uint8_t sparse_9_raw_bits[] = {
    0, 0, 0, 0, 253, 5, 0, 0, 0,
};
static const int8_t sparse_9_raw_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0,
};

static const uint16_t sparse_15_dense_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_15_dense_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t sparse_15_dense_bits[] = {
    112, 8, 0,
};
static const int8_t sparse_15_dense_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0,
};

static const uint16_t sparse_15_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_15_block_values_symbols[] = {
    5, 253,
};
static const uint16_t sparse_15_block_flags_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_15_block_flags_symbols[] = {
    2, 48,
};
static const uint8_t sparse_15_block_bits[] = {
    3,
};
static const int8_t sparse_15_block_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0,
};

static const uint8_t sparse_15_raw_bits[] = {
    0, 0, 0, 0, 253, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0,
};
static const int8_t sparse_15_raw_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0,
};

static const uint16_t sparse_16_dense_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_16_dense_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t sparse_16_dense_bits[] = {
    112, 8, 12,
};
static const int8_t sparse_16_dense_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
};

static const uint16_t sparse_16_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_16_block_values_symbols[] = {
    5, 253,
};
static const uint16_t sparse_16_block_flags_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_16_block_flags_symbols[] = {
    48, 130,
};
static const uint8_t sparse_16_block_bits[] = {
    42,
};
static const int8_t sparse_16_block_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
};

static const uint8_t sparse_16_raw_bits[] = {
    0, 0, 0, 0, 253, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 253,
};
static const int8_t sparse_16_raw_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
};

static const uint16_t sparse_17_dense_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_17_dense_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t sparse_17_dense_bits[] = {
    112, 8, 28,
};
static const int8_t sparse_17_dense_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
    5,
};

static const uint16_t sparse_17_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_17_block_values_symbols[] = {
    5, 253,
};
static const uint16_t sparse_17_block_flags_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t sparse_17_block_flags_symbols[] = {
    130, 1, 48,
};
static const uint8_t sparse_17_block_bits[] = {
    199, 0,
};
static const int8_t sparse_17_block_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
    5,
};

static const uint8_t sparse_17_raw_bits[] = {
    0, 0, 0, 0, 253, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 253,
    5,
};
static const int8_t sparse_17_raw_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
    5,
};

static const uint16_t zeros_9_dense_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t zeros_9_dense_values_symbols[] = {
    0,
};
static const uint8_t zeros_9_dense_bits[] = {
    0, 0,
};
static const int8_t zeros_9_dense_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const uint16_t zeros_9_block_flags_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t zeros_9_block_flags_symbols[] = {
    0,
};
static const uint8_t zeros_9_block_bits[] = {
    0,
};
static const int8_t zeros_9_block_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const uint8_t zeros_9_raw_bits[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const int8_t zeros_9_raw_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const uint16_t zeros_64_dense_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t zeros_64_dense_values_symbols[] = {
    0,
};
static const uint8_t zeros_64_dense_bits[] = {
    0, 0, 0, 0, 0, 0, 0, 0,
};
static const int8_t zeros_64_dense_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const uint16_t zeros_64_block_flags_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t zeros_64_block_flags_symbols[] = {
    0,
};
static const uint8_t zeros_64_block_bits[] = {
    0,
};
static const int8_t zeros_64_block_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const uint8_t zeros_64_raw_bits[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const int8_t zeros_64_raw_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const uint16_t one_value_9_dense_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t one_value_9_dense_values_symbols[] = {
    128,
};
static const uint8_t one_value_9_dense_bits[] = {
    0, 0,
};
static const int8_t one_value_9_dense_weights[] = {
    -128, -128, -128, -128, -128, -128, -128, -128, -128,
};

static const uint16_t one_value_9_block_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t one_value_9_block_values_symbols[] = {
    128,
};
static const uint16_t one_value_9_block_flags_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t one_value_9_block_flags_symbols[] = {
    1, 255,
};
static const uint8_t one_value_9_block_bits[] = {
    1, 0,
};
static const int8_t one_value_9_block_weights[] = {
    -128, -128, -128, -128, -128, -128, -128, -128, -128,
};

static const uint8_t one_value_9_raw_bits[] = {
    128, 128, 128, 128, 128, 128, 128, 128, 128,
};
static const int8_t one_value_9_raw_weights[] = {
    -128, -128, -128, -128, -128, -128, -128, -128, -128,
};

static const uint16_t one_value_64_dense_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t one_value_64_dense_values_symbols[] = {
    128,
};
static const uint8_t one_value_64_dense_bits[] = {
    0, 0, 0, 0, 0, 0, 0, 0,
};
static const int8_t one_value_64_dense_weights[] = {
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
};

static const uint16_t one_value_64_block_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t one_value_64_block_values_symbols[] = {
    128,
};
static const uint16_t one_value_64_block_flags_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t one_value_64_block_flags_symbols[] = {
    255,
};
static const uint8_t one_value_64_block_bits[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const int8_t one_value_64_block_weights[] = {
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
};

static const uint8_t one_value_64_raw_bits[] = {
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
};
static const int8_t one_value_64_raw_weights[] = {
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
    -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128, -128,
};

static const uint16_t two_values_9_dense_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t two_values_9_dense_values_symbols[] = {
    127, 128,
};
static const uint8_t two_values_9_dense_bits[] = {
    146, 0,
};
static const int8_t two_values_9_dense_weights[] = {
    127, -128, 127, 127, -128, 127, 127, -128, 127,
};

static const uint16_t two_values_9_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t two_values_9_block_values_symbols[] = {
    127, 128,
};
static const uint16_t two_values_9_block_flags_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t two_values_9_block_flags_symbols[] = {
    1, 255,
};
static const uint8_t two_values_9_block_bits[] = {
    37, 1,
};
static const int8_t two_values_9_block_weights[] = {
    127, -128, 127, 127, -128, 127, 127, -128, 127,
};

static const uint8_t two_values_9_raw_bits[] = {
    127, 128, 127, 127, 128, 127, 127, 128, 127,
};
static const int8_t two_values_9_raw_weights[] = {
    127, -128, 127, 127, -128, 127, 127, -128, 127,
};

static const uint16_t two_values_64_dense_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t two_values_64_dense_values_symbols[] = {
    127, 128,
};
static const uint8_t two_values_64_dense_bits[] = {
    146, 36, 73, 146, 36, 73, 146, 36,
};
static const int8_t two_values_64_dense_weights[] = {
    127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127,
    -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128,
    127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127,
    127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127,
};

static const uint16_t two_values_64_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t two_values_64_block_values_symbols[] = {
    127, 128,
};
static const uint16_t two_values_64_block_flags_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t two_values_64_block_flags_symbols[] = {
    255,
};
static const uint8_t two_values_64_block_bits[] = {
    36, 145, 72, 34, 137, 68, 18, 73, 36,
};
static const int8_t two_values_64_block_weights[] = {
    127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127,
    -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128,
    127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127,
    127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127,
};

static const uint8_t two_values_64_raw_bits[] = {
    127, 128, 127, 127, 128, 127, 127, 128, 127, 127, 128, 127, 127, 128, 127, 127,
    128, 127, 127, 128, 127, 127, 128, 127, 127, 128, 127, 127, 128, 127, 127, 128,
    127, 127, 128, 127, 127, 128, 127, 127, 128, 127, 127, 128, 127, 127, 128, 127,
    127, 128, 127, 127, 128, 127, 127, 128, 127, 127, 128, 127, 127, 128, 127, 127,
};
static const int8_t two_values_64_raw_weights[] = {
    127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127,
    -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128,
    127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127,
    127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127, -128, 127, 127,
};

static const uint16_t all_dense_values_counts[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 256, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t all_dense_values_symbols[] = {
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
    80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95,
    96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
    128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143,
    144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159,
    160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175,
    176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191,
    192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207,
    208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223,
    224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239,
    240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255,
};
static const uint8_t all_dense_bits[] = {
    1, 225, 113, 169, 57, 197, 85, 141, 29, 253, 99, 179, 43, 219, 71, 151,
    15, 239, 127, 160, 48, 200, 88, 132, 20, 244, 108, 188, 34, 210, 74, 154,
    6, 230, 118, 174, 129, 17, 241, 105, 185, 37, 213, 77, 157, 3, 227, 115,
    171, 59, 199, 87, 143, 31, 255, 96, 176, 40, 216, 68, 148, 12, 236, 124,
    162, 50, 202, 90, 134, 22, 246, 110, 65, 145, 9, 233, 121, 165, 53, 205,
    93, 131, 19, 243, 107, 187, 39, 215, 79, 159, 0, 224, 112, 168, 56, 196,
    84, 140, 28, 252, 98, 178, 42, 218, 70, 150, 14, 238, 193, 81, 137, 25,
    249, 101, 181, 45, 221, 67, 147, 11, 235, 123, 167, 55, 207, 95, 128, 16,
    240, 104, 184, 36, 212, 76, 156, 2, 226, 114, 170, 58, 198, 86, 142, 30,
    33, 209, 73, 153, 5, 229, 117, 173, 61, 195, 83, 139, 27, 251, 103, 183,
    47, 223, 64, 144, 8, 232, 120, 164, 52, 204, 92, 130, 18, 242, 106, 186,
    38, 214, 78, 158, 161, 49, 201, 89, 133, 21, 245, 109, 189, 35, 211, 75,
    155, 7, 231, 119, 175, 63, 192, 80, 136, 24, 248, 100, 180, 44, 220, 66,
    146, 10, 234, 122, 166, 54, 206, 94, 97, 177, 41, 217, 69, 149, 13, 237,
    125, 163, 51, 203, 91, 135, 23, 247, 111, 191, 32, 208, 72, 152, 4, 228,
    116, 172, 60, 194, 82, 138, 26, 250, 102, 182, 46, 222, 62, 190, 126, 254,
};
static const int8_t all_dense_weights[] = {
    -128, -121, -114, -107, -100, -93, -86, -79, -72, -65, -58, -51, -44, -37, -30, -23,
    -16, -9, -2, 5, 12, 19, 26, 33, 40, 47, 54, 61, 68, 75, 82, 89,
    96, 103, 110, 117, -127, -120, -113, -106, -99, -92, -85, -78, -71, -64, -57, -50,
    -43, -36, -29, -22, -15, -8, -1, 6, 13, 20, 27, 34, 41, 48, 55, 62,
    69, 76, 83, 90, 97, 104, 111, 118, -126, -119, -112, -105, -98, -91, -84, -77,
    -70, -63, -56, -49, -42, -35, -28, -21, -14, -7, 0, 7, 14, 21, 28, 35,
    42, 49, 56, 63, 70, 77, 84, 91, 98, 105, 112, 119, -125, -118, -111, -104,
    -97, -90, -83, -76, -69, -62, -55, -48, -41, -34, -27, -20, -13, -6, 1, 8,
    15, 22, 29, 36, 43, 50, 57, 64, 71, 78, 85, 92, 99, 106, 113, 120,
    -124, -117, -110, -103, -96, -89, -82, -75, -68, -61, -54, -47, -40, -33, -26, -19,
    -12, -5, 2, 9, 16, 23, 30, 37, 44, 51, 58, 65, 72, 79, 86, 93,
    100, 107, 114, 121, -123, -116, -109, -102, -95, -88, -81, -74, -67, -60, -53, -46,
    -39, -32, -25, -18, -11, -4, 3, 10, 17, 24, 31, 38, 45, 52, 59, 66,
    73, 80, 87, 94, 101, 108, 115, 122, -122, -115, -108, -101, -94, -87, -80, -73,
    -66, -59, -52, -45, -38, -31, -24, -17, -10, -3, 4, 11, 18, 25, 32, 39,
    46, 53, 60, 67, 74, 81, 88, 95, 102, 109, 116, 123, 124, 125, 126, 127,
};

static const uint16_t all_block_values_counts[] = {
    0, 0, 0, 0, 0, 0, 0, 1, 254, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t all_block_values_symbols[] = {
    255, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
    64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79,
    80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95,
    96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111,
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
    128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 141, 142, 143,
    144, 145, 146, 147, 148, 149, 150, 151, 152, 153, 154, 155, 156, 157, 158, 159,
    160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 174, 175,
    176, 177, 178, 179, 180, 181, 182, 183, 184, 185, 186, 187, 188, 189, 190, 191,
    192, 193, 194, 195, 196, 197, 198, 199, 200, 201, 202, 203, 204, 205, 206, 207,
    208, 209, 210, 211, 212, 213, 214, 215, 216, 217, 218, 219, 220, 221, 222, 223,
    224, 225, 226, 227, 228, 229, 230, 231, 232, 233, 234, 235, 236, 237, 238, 239,
    240, 241, 242, 243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254,
};
static const uint16_t all_block_flags_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t all_block_flags_symbols[] = {
    251, 255,
};
static const uint8_t all_block_bits[] = {
    3, 35, 226, 211, 114, 75, 170, 155, 118, 14, 140, 207, 173, 238, 28, 95,
    125, 252, 248, 7, 131, 69, 193, 38, 74, 201, 192, 206, 39, 42, 163, 172,
    213, 208, 194, 222, 45, 40, 50, 33, 125, 94, 105, 77, 115, 215, 224, 196,
    252, 181, 221, 147, 235, 167, 79, 0, 120, 56, 84, 28, 98, 42, 70, 14,
    254, 98, 178, 42, 218, 70, 150, 14, 238, 131, 163, 18, 51, 242, 203, 106,
    91, 118, 15, 77, 46, 172, 239, 157, 222, 120, 254, 130, 128, 71, 195, 37,
    73, 205, 196, 41, 32, 46, 167, 170, 211, 216, 202, 209, 35, 36, 58, 41,
    115, 65, 121, 93, 107, 207, 240, 212, 226, 141, 253, 179, 219, 151, 111, 32,
    200, 8, 232, 120, 164, 52, 204, 92, 130, 37, 228, 213, 116, 77, 172, 157,
    60, 135, 198, 36, 103, 21, 86, 212, 183, 237, 29, 153, 94, 218, 60, 56,
    191, 251, 250, 3, 12, 133, 136, 129, 79, 150, 150, 133, 91, 72, 82, 65,
    93, 175, 169, 141, 179, 87, 88, 108, 74, 246, 162, 202, 134, 246, 190, 209,
    153, 229, 91, 135, 23, 247, 111, 191, 32, 208, 145, 48, 9, 200, 233, 88,
    121, 132, 75, 41, 106, 232, 155, 217, 186, 120, 15, 143, 75, 205, 41, 174,
    106, 236, 216, 63, 54, 187, 178, 125, 116, 249, 240, 253, 15, 20, 6, 25,
    139, 144, 34, 61, 27, 175, 136, 180, 146, 166, 65, 115, 59, 87, 31, 95,
    63, 255, 0,
};
static const int8_t all_block_weights[] = {
    -128, -121, -114, -107, -100, -93, -86, -79, -72, -65, -58, -51, -44, -37, -30, -23,
    -16, -9, -2, 5, 12, 19, 26, 33, 40, 47, 54, 61, 68, 75, 82, 89,
    96, 103, 110, 117, -127, -120, -113, -106, -99, -92, -85, -78, -71, -64, -57, -50,
    -43, -36, -29, -22, -15, -8, -1, 6, 13, 20, 27, 34, 41, 48, 55, 62,
    69, 76, 83, 90, 97, 104, 111, 118, -126, -119, -112, -105, -98, -91, -84, -77,
    -70, -63, -56, -49, -42, -35, -28, -21, -14, -7, 0, 7, 14, 21, 28, 35,
    42, 49, 56, 63, 70, 77, 84, 91, 98, 105, 112, 119, -125, -118, -111, -104,
    -97, -90, -83, -76, -69, -62, -55, -48, -41, -34, -27, -20, -13, -6, 1, 8,
    15, 22, 29, 36, 43, 50, 57, 64, 71, 78, 85, 92, 99, 106, 113, 120,
    -124, -117, -110, -103, -96, -89, -82, -75, -68, -61, -54, -47, -40, -33, -26, -19,
    -12, -5, 2, 9, 16, 23, 30, 37, 44, 51, 58, 65, 72, 79, 86, 93,
    100, 107, 114, 121, -123, -116, -109, -102, -95, -88, -81, -74, -67, -60, -53, -46,
    -39, -32, -25, -18, -11, -4, 3, 10, 17, 24, 31, 38, 45, 52, 59, 66,
    73, 80, 87, 94, 101, 108, 115, 122, -122, -115, -108, -101, -94, -87, -80, -73,
    -66, -59, -52, -45, -38, -31, -24, -17, -10, -3, 4, 11, 18, 25, 32, 39,
    46, 53, 60, 67, 74, 81, 88, 95, 102, 109, 116, 123, 124, 125, 126, 127,
};

static const uint8_t all_raw_bits[] = {
    128, 135, 142, 149, 156, 163, 170, 177, 184, 191, 198, 205, 212, 219, 226, 233,
    240, 247, 254, 5, 12, 19, 26, 33, 40, 47, 54, 61, 68, 75, 82, 89,
    96, 103, 110, 117, 129, 136, 143, 150, 157, 164, 171, 178, 185, 192, 199, 206,
    213, 220, 227, 234, 241, 248, 255, 6, 13, 20, 27, 34, 41, 48, 55, 62,
    69, 76, 83, 90, 97, 104, 111, 118, 130, 137, 144, 151, 158, 165, 172, 179,
    186, 193, 200, 207, 214, 221, 228, 235, 242, 249, 0, 7, 14, 21, 28, 35,
    42, 49, 56, 63, 70, 77, 84, 91, 98, 105, 112, 119, 131, 138, 145, 152,
    159, 166, 173, 180, 187, 194, 201, 208, 215, 222, 229, 236, 243, 250, 1, 8,
    15, 22, 29, 36, 43, 50, 57, 64, 71, 78, 85, 92, 99, 106, 113, 120,
    132, 139, 146, 153, 160, 167, 174, 181, 188, 195, 202, 209, 216, 223, 230, 237,
    244, 251, 2, 9, 16, 23, 30, 37, 44, 51, 58, 65, 72, 79, 86, 93,
    100, 107, 114, 121, 133, 140, 147, 154, 161, 168, 175, 182, 189, 196, 203, 210,
    217, 224, 231, 238, 245, 252, 3, 10, 17, 24, 31, 38, 45, 52, 59, 66,
    73, 80, 87, 94, 101, 108, 115, 122, 134, 141, 148, 155, 162, 169, 176, 183,
    190, 197, 204, 211, 218, 225, 232, 239, 246, 253, 4, 11, 18, 25, 32, 39,
    46, 53, 60, 67, 74, 81, 88, 95, 102, 109, 116, 123, 124, 125, 126, 127,
};
static const int8_t all_raw_weights[] = {
    -128, -121, -114, -107, -100, -93, -86, -79, -72, -65, -58, -51, -44, -37, -30, -23,
    -16, -9, -2, 5, 12, 19, 26, 33, 40, 47, 54, 61, 68, 75, 82, 89,
    96, 103, 110, 117, -127, -120, -113, -106, -99, -92, -85, -78, -71, -64, -57, -50,
    -43, -36, -29, -22, -15, -8, -1, 6, 13, 20, 27, 34, 41, 48, 55, 62,
    69, 76, 83, 90, 97, 104, 111, 118, -126, -119, -112, -105, -98, -91, -84, -77,
    -70, -63, -56, -49, -42, -35, -28, -21, -14, -7, 0, 7, 14, 21, 28, 35,
    42, 49, 56, 63, 70, 77, 84, 91, 98, 105, 112, 119, -125, -118, -111, -104,
    -97, -90, -83, -76, -69, -62, -55, -48, -41, -34, -27, -20, -13, -6, 1, 8,
    15, 22, 29, 36, 43, 50, 57, 64, 71, 78, 85, 92, 99, 106, 113, 120,
    -124, -117, -110, -103, -96, -89, -82, -75, -68, -61, -54, -47, -40, -33, -26, -19,
    -12, -5, 2, 9, 16, 23, 30, 37, 44, 51, 58, 65, 72, 79, 86, 93,
    100, 107, 114, 121, -123, -116, -109, -102, -95, -88, -81, -74, -67, -60, -53, -46,
    -39, -32, -25, -18, -11, -4, 3, 10, 17, 24, 31, 38, 45, 52, 59, 66,
    73, 80, 87, 94, 101, 108, 115, 122, -122, -115, -108, -101, -94, -87, -80, -73,
    -66, -59, -52, -45, -38, -31, -24, -17, -10, -3, 4, 11, 18, 25, 32, 39,
    46, 53, 60, 67, 74, 81, 88, 95, 102, 109, 116, 123, 124, 125, 126, 127,
};

static const uint16_t deep_dense_values_counts[] = {
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2,
};
static const uint8_t deep_dense_values_symbols[] = {
    5, 42, 79, 116, 153, 190, 227, 8, 45, 82, 119, 156, 193, 230, 11, 48,
};
static const uint8_t deep_dense_bits[] = {
    254, 251, 253, 255, 191, 222, 223, 253, 127, 251, 127, 255, 254, 239, 255, 247,
    63, 255, 253, 254, 255, 95, 239, 239, 254, 191, 253, 191, 127, 255, 247, 255,
    251, 159, 255, 126, 255, 255, 175, 247, 119,
};
static const int8_t deep_dense_weights[] = {
    5, 82, -29, 48, -66, 42, -103, 8, 116, -26, 79, -63, 45, -100, 11, 119,
    5, 82, -29, 48, -66, 42, -103, 8, 116, -26, 79, -63, 45, -100, 11, 119,
    5, 82, -29, 48, -66, 42, -103, 8, 116,
};

static const uint16_t deep_block_values_counts[] = {
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2,
};
static const uint8_t deep_block_values_symbols[] = {
    5, 42, 79, 116, 153, 190, 227, 8, 45, 82, 119, 156, 193, 230, 11, 48,
};
static const uint16_t deep_block_flags_counts[] = {
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2,
};
static const uint8_t deep_block_flags_symbols[] = {
    5, 42, 79, 116, 153, 190, 227, 8, 45, 82, 119, 156, 193, 230, 11, 48,
};
static const uint8_t deep_block_bits[] = {
    234, 175, 255, 95, 85, 245, 175, 234, 255, 95, 171, 234, 191, 234, 170, 254,
    87, 85, 175, 234, 255, 170, 190, 170, 250, 127, 213, 175, 170, 255, 175, 42,
};
static const int8_t deep_block_weights[] = {
    42, 0, 42, 0, 0, 0, 0, 0, 0, 0, 0, 42, 0, 0, 0, 0,
    42, 42, 0, 42, 0, 0, 0, 0, 0, 42, 0, 42, 0, 42, 0, 0,
    42, 0, 42, 42, 0, 42, 0, 0, 0, 0, 0, 0, 42, 42, 0, 0,
    42, 42, 42, 42, 0, 0, 42, 0, 0, 42, 0, 0, 42, 0, 42, 0,
    0, 0, 42, 0, 42, 42, 42, 0, 42, 42, 42, 0, 42, 42, 42, 0,
    42, 0, 0, 42, 42, 0, 0, 42, 0, 0, 42, 42, 42, 0, 0, 42,
    0, 42, 42, 42, 42, 42, 0, 42, 42, 0, 0, 0, 0, 0, 42, 42,
    42, 42, 0, 0, 0, 42, 42, 42, 0, 42, 42, 0, 0, 42, 42, 42,
};

static const uint16_t cut_dense_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t cut_dense_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t cut_dense_bits[] = {
    112, 8, 28,
};
static const int8_t cut_dense_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
    0,
};

static const uint16_t cut_block_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t cut_block_values_symbols[] = {
    5, 253,
};
static const uint16_t cut_block_flags_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t cut_block_flags_symbols[] = {
    130, 1, 48,
};
static const uint8_t cut_block_bits[] = {
    199, 0,
};
static const int8_t cut_block_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
    0,
};

static const uint16_t cut_block_in_flags_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t cut_block_in_flags_values_symbols[] = {
    5, 253,
};
static const uint16_t cut_block_in_flags_flags_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t cut_block_in_flags_flags_symbols[] = {
    130, 1, 48,
};
static const uint8_t cut_block_in_flags_bits[] = {
    199,
};
static const int8_t cut_block_in_flags_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint8_t cut_raw_bits[] = {
    0, 0, 0, 0, 253, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 253,
    5,
};
static const int8_t cut_raw_weights[] = {
    0, 0, 0, 0, -3, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, -3,
    0,
};

static const uint16_t cut_deep_values_counts[] = {
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2,
};
static const uint8_t cut_deep_values_symbols[] = {
    5, 42, 79, 116, 153, 190, 227, 8, 45, 82, 119, 156, 193, 230, 11, 48,
};
static const uint8_t cut_deep_bits[] = {
    254, 251, 253, 255, 191, 222, 223, 253, 127, 251, 127, 255, 254, 239, 255, 247,
    63, 255, 253, 254, 255, 95, 239, 239, 254, 191, 253, 191, 127, 255, 247, 255,
    251, 159, 255, 126, 255, 255, 175, 247, 119,
};
static const int8_t cut_deep_weights[] = {
    5, 82, -29, 48, -66, 42, -103, 8, 116, -26, 79, -63, 45, -100, 11, 119,
    5, 82, -29, 48, -66, 42, -103, 8, 116, -26, 79, -63, 45, -100, 11, 119,
    5, 82, -29, 48, -66, 42, -103, 8, 0,
};

static const uint16_t nothing_left_dense_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t nothing_left_dense_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t nothing_left_dense_bits[] = {
    0,
};
static const int8_t nothing_left_dense_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint8_t nothing_left_raw_bits[] = {
    0,
};
static const int8_t nothing_left_raw_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t invalid_word_of_one_symbol_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t invalid_word_of_one_symbol_values_symbols[] = {
    128,
};
static const uint8_t invalid_word_of_one_symbol_bits[] = {
    32, 0,
};
static const int8_t invalid_word_of_one_symbol_weights[] = {
    -128, -128, -128, -128, -128, 0, 0, 0, 0,
};

static const uint16_t invalid_word_after_8_bits_values_counts[] = {
    0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
};
static const uint8_t invalid_word_after_8_bits_values_symbols[] = {
    7, 9,
};
static const uint8_t invalid_word_after_8_bits_bits[] = {
    254, 255, 255, 255,
};
static const int8_t invalid_word_after_8_bits_weights[] = {
    7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t counts_over_symbols_values_counts[] = {
    0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t counts_over_symbols_values_symbols[] = {
    0,
};
static const uint8_t counts_over_symbols_bits[] = {
    112, 8, 28,
};
static const int8_t counts_over_symbols_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t symbols_over_counts_values_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t symbols_over_counts_values_symbols[] = {
    0, 5, 253, 1,
};
static const uint8_t symbols_over_counts_bits[] = {
    112, 8, 28,
};
static const int8_t symbols_over_counts_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t over_subscribed_values_counts[] = {
    0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t over_subscribed_values_symbols[] = {
    0, 5, 253,
};
static const uint8_t over_subscribed_bits[] = {
    112, 8, 28,
};
static const int8_t over_subscribed_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t word_of_no_bits_values_counts[] = {
    1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t word_of_no_bits_values_symbols[] = {
    0, 5,
};
static const uint8_t word_of_no_bits_bits[] = {
    112, 8, 28,
};
static const int8_t word_of_no_bits_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t word_of_no_bits_uncounted_values_counts[] = {
    1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t word_of_no_bits_uncounted_values_symbols[] = {
    7,
};
static const uint8_t word_of_no_bits_uncounted_bits[] = {
    0, 0, 0,
};
static const int8_t word_of_no_bits_uncounted_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t more_than_256_symbols_values_counts[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 257, 0, 0, 0, 0, 0, 0,
};
static const uint8_t more_than_256_symbols_values_symbols[] = {
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
    5,
};
static const uint8_t more_than_256_symbols_bits[] = {
    112, 8, 28,
};
static const int8_t more_than_256_symbols_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t over_subscribed_flags_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t over_subscribed_flags_values_symbols[] = {
    5, 253,
};
static const uint16_t over_subscribed_flags_flags_counts[] = {
    0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t over_subscribed_flags_flags_symbols[] = {
    0, 5, 253,
};
static const uint8_t over_subscribed_flags_bits[] = {
    199, 0,
};
static const int8_t over_subscribed_flags_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t values_missing_flags_counts[] = {
    0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t values_missing_flags_symbols[] = {
    130, 1, 48,
};
static const uint8_t values_missing_bits[] = {
    199, 0,
};
static const int8_t values_missing_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

static const uint16_t flags_missing_values_counts[] = {
    0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const uint8_t flags_missing_values_symbols[] = {
    5, 253,
};
static const uint8_t flags_missing_bits[] = {
    199, 0,
};
static const int8_t flags_missing_weights[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0,
};

typedef struct {
    const char *name;
    sqz_filters_t filters;
    const int8_t *weights;
    uint32_t count;
    sqz_status_t status;
} huffman_case_t;

static const huffman_case_t huffman_cases[] = {
    {"sparse_0_dense",
     {sparse_0_dense_bits, 0, SQZ_CODING_DENSE,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_0_dense_weights, 0, SQZ_OK},
    {"sparse_0_block",
     {sparse_0_block_bits, 0, SQZ_CODING_BLOCK,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_0_block_weights, 0, SQZ_OK},
    {"sparse_0_raw",
     {sparse_0_raw_bits, 0, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_0_raw_weights, 0, SQZ_OK},
    {"sparse_1_dense",
     {sparse_1_dense_bits, 1, SQZ_CODING_DENSE,
      {sparse_1_dense_values_counts, sparse_1_dense_values_symbols, 1},
      {0, 0, 0}},
     sparse_1_dense_weights, 1, SQZ_OK},
    {"sparse_1_block",
     {sparse_1_block_bits, 1, SQZ_CODING_BLOCK,
      {0, 0, 0},
      {sparse_1_block_flags_counts, sparse_1_block_flags_symbols, 1}},
     sparse_1_block_weights, 1, SQZ_OK},
    {"sparse_1_raw",
     {sparse_1_raw_bits, 8, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_1_raw_weights, 1, SQZ_OK},
    {"sparse_7_dense",
     {sparse_7_dense_bits, 9, SQZ_CODING_DENSE,
      {sparse_7_dense_values_counts, sparse_7_dense_values_symbols, 3},
      {0, 0, 0}},
     sparse_7_dense_weights, 7, SQZ_OK},
    {"sparse_7_block",
     {sparse_7_block_bits, 3, SQZ_CODING_BLOCK,
      {sparse_7_block_values_counts, sparse_7_block_values_symbols, 2},
      {sparse_7_block_flags_counts, sparse_7_block_flags_symbols, 1}},
     sparse_7_block_weights, 7, SQZ_OK},
    {"sparse_7_raw",
     {sparse_7_raw_bits, 56, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_7_raw_weights, 7, SQZ_OK},
    {"sparse_8_dense",
     {sparse_8_dense_bits, 10, SQZ_CODING_DENSE,
      {sparse_8_dense_values_counts, sparse_8_dense_values_symbols, 3},
      {0, 0, 0}},
     sparse_8_dense_weights, 8, SQZ_OK},
    {"sparse_8_block",
     {sparse_8_block_bits, 3, SQZ_CODING_BLOCK,
      {sparse_8_block_values_counts, sparse_8_block_values_symbols, 2},
      {sparse_8_block_flags_counts, sparse_8_block_flags_symbols, 1}},
     sparse_8_block_weights, 8, SQZ_OK},
    {"sparse_8_raw",
     {sparse_8_raw_bits, 64, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_8_raw_weights, 8, SQZ_OK},
    {"sparse_9_dense",
     {sparse_9_dense_bits, 11, SQZ_CODING_DENSE,
      {sparse_9_dense_values_counts, sparse_9_dense_values_symbols, 3},
      {0, 0, 0}},
     sparse_9_dense_weights, 9, SQZ_OK},
    {"sparse_9_block",
     {sparse_9_block_bits, 4, SQZ_CODING_BLOCK,
      {sparse_9_block_values_counts, sparse_9_block_values_symbols, 2},
      {sparse_9_block_flags_counts, sparse_9_block_flags_symbols, 2}},
     sparse_9_block_weights, 9, SQZ_OK},
    {"sparse_9_raw",
     {sparse_9_raw_bits, 72, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_9_raw_weights, 9, SQZ_OK},
    {"sparse_15_dense",
     {sparse_15_dense_bits, 18, SQZ_CODING_DENSE,
      {sparse_15_dense_values_counts, sparse_15_dense_values_symbols, 3},
      {0, 0, 0}},
     sparse_15_dense_weights, 15, SQZ_OK},
    {"sparse_15_block",
     {sparse_15_block_bits, 5, SQZ_CODING_BLOCK,
      {sparse_15_block_values_counts, sparse_15_block_values_symbols, 2},
      {sparse_15_block_flags_counts, sparse_15_block_flags_symbols, 2}},
     sparse_15_block_weights, 15, SQZ_OK},
    {"sparse_15_raw",
     {sparse_15_raw_bits, 120, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_15_raw_weights, 15, SQZ_OK},
    {"sparse_16_dense",
     {sparse_16_dense_bits, 20, SQZ_CODING_DENSE,
      {sparse_16_dense_values_counts, sparse_16_dense_values_symbols, 3},
      {0, 0, 0}},
     sparse_16_dense_weights, 16, SQZ_OK},
    {"sparse_16_block",
     {sparse_16_block_bits, 6, SQZ_CODING_BLOCK,
      {sparse_16_block_values_counts, sparse_16_block_values_symbols, 2},
      {sparse_16_block_flags_counts, sparse_16_block_flags_symbols, 2}},
     sparse_16_block_weights, 16, SQZ_OK},
    {"sparse_16_raw",
     {sparse_16_raw_bits, 128, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_16_raw_weights, 16, SQZ_OK},
    {"sparse_17_dense",
     {sparse_17_dense_bits, 22, SQZ_CODING_DENSE,
      {sparse_17_dense_values_counts, sparse_17_dense_values_symbols, 3},
      {0, 0, 0}},
     sparse_17_dense_weights, 17, SQZ_OK},
    {"sparse_17_block",
     {sparse_17_block_bits, 10, SQZ_CODING_BLOCK,
      {sparse_17_block_values_counts, sparse_17_block_values_symbols, 2},
      {sparse_17_block_flags_counts, sparse_17_block_flags_symbols, 3}},
     sparse_17_block_weights, 17, SQZ_OK},
    {"sparse_17_raw",
     {sparse_17_raw_bits, 136, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     sparse_17_raw_weights, 17, SQZ_OK},
    {"zeros_9_dense",
     {zeros_9_dense_bits, 9, SQZ_CODING_DENSE,
      {zeros_9_dense_values_counts, zeros_9_dense_values_symbols, 1},
      {0, 0, 0}},
     zeros_9_dense_weights, 9, SQZ_OK},
    {"zeros_9_block",
     {zeros_9_block_bits, 2, SQZ_CODING_BLOCK,
      {0, 0, 0},
      {zeros_9_block_flags_counts, zeros_9_block_flags_symbols, 1}},
     zeros_9_block_weights, 9, SQZ_OK},
    {"zeros_9_raw",
     {zeros_9_raw_bits, 72, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     zeros_9_raw_weights, 9, SQZ_OK},
    {"zeros_64_dense",
     {zeros_64_dense_bits, 64, SQZ_CODING_DENSE,
      {zeros_64_dense_values_counts, zeros_64_dense_values_symbols, 1},
      {0, 0, 0}},
     zeros_64_dense_weights, 64, SQZ_OK},
    {"zeros_64_block",
     {zeros_64_block_bits, 8, SQZ_CODING_BLOCK,
      {0, 0, 0},
      {zeros_64_block_flags_counts, zeros_64_block_flags_symbols, 1}},
     zeros_64_block_weights, 64, SQZ_OK},
    {"zeros_64_raw",
     {zeros_64_raw_bits, 512, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     zeros_64_raw_weights, 64, SQZ_OK},
    {"one_value_9_dense",
     {one_value_9_dense_bits, 9, SQZ_CODING_DENSE,
      {one_value_9_dense_values_counts, one_value_9_dense_values_symbols, 1},
      {0, 0, 0}},
     one_value_9_dense_weights, 9, SQZ_OK},
    {"one_value_9_block",
     {one_value_9_block_bits, 11, SQZ_CODING_BLOCK,
      {one_value_9_block_values_counts, one_value_9_block_values_symbols, 1},
      {one_value_9_block_flags_counts, one_value_9_block_flags_symbols, 2}},
     one_value_9_block_weights, 9, SQZ_OK},
    {"one_value_9_raw",
     {one_value_9_raw_bits, 72, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     one_value_9_raw_weights, 9, SQZ_OK},
    {"one_value_64_dense",
     {one_value_64_dense_bits, 64, SQZ_CODING_DENSE,
      {one_value_64_dense_values_counts, one_value_64_dense_values_symbols, 1},
      {0, 0, 0}},
     one_value_64_dense_weights, 64, SQZ_OK},
    {"one_value_64_block",
     {one_value_64_block_bits, 72, SQZ_CODING_BLOCK,
      {one_value_64_block_values_counts, one_value_64_block_values_symbols, 1},
      {one_value_64_block_flags_counts, one_value_64_block_flags_symbols, 1}},
     one_value_64_block_weights, 64, SQZ_OK},
    {"one_value_64_raw",
     {one_value_64_raw_bits, 512, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     one_value_64_raw_weights, 64, SQZ_OK},
    {"two_values_9_dense",
     {two_values_9_dense_bits, 9, SQZ_CODING_DENSE,
      {two_values_9_dense_values_counts, two_values_9_dense_values_symbols, 2},
      {0, 0, 0}},
     two_values_9_dense_weights, 9, SQZ_OK},
    {"two_values_9_block",
     {two_values_9_block_bits, 11, SQZ_CODING_BLOCK,
      {two_values_9_block_values_counts, two_values_9_block_values_symbols, 2},
      {two_values_9_block_flags_counts, two_values_9_block_flags_symbols, 2}},
     two_values_9_block_weights, 9, SQZ_OK},
    {"two_values_9_raw",
     {two_values_9_raw_bits, 72, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     two_values_9_raw_weights, 9, SQZ_OK},
    {"two_values_64_dense",
     {two_values_64_dense_bits, 64, SQZ_CODING_DENSE,
      {two_values_64_dense_values_counts, two_values_64_dense_values_symbols, 2},
      {0, 0, 0}},
     two_values_64_dense_weights, 64, SQZ_OK},
    {"two_values_64_block",
     {two_values_64_block_bits, 72, SQZ_CODING_BLOCK,
      {two_values_64_block_values_counts, two_values_64_block_values_symbols, 2},
      {two_values_64_block_flags_counts, two_values_64_block_flags_symbols, 1}},
     two_values_64_block_weights, 64, SQZ_OK},
    {"two_values_64_raw",
     {two_values_64_raw_bits, 512, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     two_values_64_raw_weights, 64, SQZ_OK},
    {"all_dense",
     {all_dense_bits, 2048, SQZ_CODING_DENSE,
      {all_dense_values_counts, all_dense_values_symbols, 256},
      {0, 0, 0}},
     all_dense_weights, 256, SQZ_OK},
    {"all_block",
     {all_block_bits, 2071, SQZ_CODING_BLOCK,
      {all_block_values_counts, all_block_values_symbols, 255},
      {all_block_flags_counts, all_block_flags_symbols, 2}},
     all_block_weights, 256, SQZ_OK},
    {"all_raw",
     {all_raw_bits, 2048, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     all_raw_weights, 256, SQZ_OK},
    {"deep_dense",
     {deep_dense_bits, 328, SQZ_CODING_DENSE,
      {deep_dense_values_counts, deep_dense_values_symbols, 16},
      {0, 0, 0}},
     deep_dense_weights, 41, SQZ_OK},
    {"deep_block",
     {deep_block_bits, 255, SQZ_CODING_BLOCK,
      {deep_block_values_counts, deep_block_values_symbols, 16},
      {deep_block_flags_counts, deep_block_flags_symbols, 16}},
     deep_block_weights, 128, SQZ_OK},
    {"cut_dense",
     {cut_dense_bits, 21, SQZ_CODING_DENSE,
      {cut_dense_values_counts, cut_dense_values_symbols, 3},
      {0, 0, 0}},
     cut_dense_weights, 17, SQZ_ERR_BITSTREAM},
    {"cut_block",
     {cut_block_bits, 9, SQZ_CODING_BLOCK,
      {cut_block_values_counts, cut_block_values_symbols, 2},
      {cut_block_flags_counts, cut_block_flags_symbols, 3}},
     cut_block_weights, 17, SQZ_ERR_BITSTREAM},
    {"cut_block_in_flags",
     {cut_block_in_flags_bits, 1, SQZ_CODING_BLOCK,
      {cut_block_in_flags_values_counts, cut_block_in_flags_values_symbols, 2},
      {cut_block_in_flags_flags_counts, cut_block_in_flags_flags_symbols, 3}},
     cut_block_in_flags_weights, 17, SQZ_ERR_BITSTREAM},
    {"cut_raw",
     {cut_raw_bits, 135, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     cut_raw_weights, 17, SQZ_ERR_BITSTREAM},
    {"cut_deep",
     {cut_deep_bits, 325, SQZ_CODING_DENSE,
      {cut_deep_values_counts, cut_deep_values_symbols, 16},
      {0, 0, 0}},
     cut_deep_weights, 41, SQZ_ERR_BITSTREAM},
    {"nothing_left_dense",
     {nothing_left_dense_bits, 0, SQZ_CODING_DENSE,
      {nothing_left_dense_values_counts, nothing_left_dense_values_symbols, 3},
      {0, 0, 0}},
     nothing_left_dense_weights, 17, SQZ_ERR_BITSTREAM},
    {"nothing_left_raw",
     {nothing_left_raw_bits, 0, SQZ_CODING_RAW,
      {0, 0, 0},
      {0, 0, 0}},
     nothing_left_raw_weights, 17, SQZ_ERR_BITSTREAM},
    {"invalid_word_of_one_symbol",
     {invalid_word_of_one_symbol_bits, 9, SQZ_CODING_DENSE,
      {invalid_word_of_one_symbol_values_counts, invalid_word_of_one_symbol_values_symbols, 1},
      {0, 0, 0}},
     invalid_word_of_one_symbol_weights, 9, SQZ_ERR_BITSTREAM},
    {"invalid_word_after_8_bits",
     {invalid_word_after_8_bits_bits, 32, SQZ_CODING_DENSE,
      {invalid_word_after_8_bits_values_counts, invalid_word_after_8_bits_values_symbols, 2},
      {0, 0, 0}},
     invalid_word_after_8_bits_weights, 17, SQZ_ERR_BITSTREAM},
    {"counts_over_symbols",
     {counts_over_symbols_bits, 22, SQZ_CODING_DENSE,
      {counts_over_symbols_values_counts, counts_over_symbols_values_symbols, 1},
      {0, 0, 0}},
     counts_over_symbols_weights, 17, SQZ_ERR_BITSTREAM},
    {"symbols_over_counts",
     {symbols_over_counts_bits, 22, SQZ_CODING_DENSE,
      {symbols_over_counts_values_counts, symbols_over_counts_values_symbols, 4},
      {0, 0, 0}},
     symbols_over_counts_weights, 17, SQZ_ERR_BITSTREAM},
    {"over_subscribed",
     {over_subscribed_bits, 22, SQZ_CODING_DENSE,
      {over_subscribed_values_counts, over_subscribed_values_symbols, 3},
      {0, 0, 0}},
     over_subscribed_weights, 17, SQZ_ERR_BITSTREAM},
    {"word_of_no_bits",
     {word_of_no_bits_bits, 22, SQZ_CODING_DENSE,
      {word_of_no_bits_values_counts, word_of_no_bits_values_symbols, 2},
      {0, 0, 0}},
     word_of_no_bits_weights, 17, SQZ_ERR_BITSTREAM},
    {"word_of_no_bits_uncounted",
     {word_of_no_bits_uncounted_bits, 22, SQZ_CODING_DENSE,
      {word_of_no_bits_uncounted_values_counts, word_of_no_bits_uncounted_values_symbols, 1},
      {0, 0, 0}},
     word_of_no_bits_uncounted_weights, 17, SQZ_ERR_BITSTREAM},
    {"more_than_256_symbols",
     {more_than_256_symbols_bits, 22, SQZ_CODING_DENSE,
      {more_than_256_symbols_values_counts, more_than_256_symbols_values_symbols, 257},
      {0, 0, 0}},
     more_than_256_symbols_weights, 17, SQZ_ERR_BITSTREAM},
    {"over_subscribed_flags",
     {over_subscribed_flags_bits, 10, SQZ_CODING_BLOCK,
      {over_subscribed_flags_values_counts, over_subscribed_flags_values_symbols, 2},
      {over_subscribed_flags_flags_counts, over_subscribed_flags_flags_symbols, 3}},
     over_subscribed_flags_weights, 17, SQZ_ERR_BITSTREAM},
    {"values_missing",
     {values_missing_bits, 10, SQZ_CODING_BLOCK,
      {0, 0, 0},
      {values_missing_flags_counts, values_missing_flags_symbols, 3}},
     values_missing_weights, 17, SQZ_ERR_BITSTREAM},
    {"flags_missing",
     {flags_missing_bits, 10, SQZ_CODING_BLOCK,
      {flags_missing_values_counts, flags_missing_values_symbols, 2},
      {0, 0, 0}},
     flags_missing_weights, 17, SQZ_ERR_BITSTREAM},
};
