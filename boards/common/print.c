/* print.c - numbers and words to the console, without stdio. */
#include "print.h"

#include "console.h"
#include "sqz_crc32.h"

enum { DECIMAL_DIGITS = 20 }; /* of 2^64 - 1 */

static uint32_t line_crc; /* of the line so far */

static void print_byte(uint8_t byte)
{
    console_put(byte);
    line_crc = byte == '\n' ? 0u : sqz_crc32(line_crc, &byte, 1u);
}

void print_text(const char *text)
{
    while (*text != '\0') {
        print_byte((uint8_t)*text);
        text++;
    }
}

void print_decimal(uint64_t value)
{
    char digits[DECIMAL_DIGITS + 1];
    uint32_t at = DECIMAL_DIGITS;

    digits[at] = '\0';
    do {
        at--;
        digits[at] = (char)('0' + (char)(value % 10u));
        value /= 10u;
    } while (value > 0u);
    print_text(digits + at);
}

void print_signed(int32_t value)
{
    if (value < 0) {
        print_byte('-');
        print_decimal((uint64_t)(-(int64_t)value));
    } else {
        print_decimal((uint64_t)value);
    }
}

static void print_digits(uint32_t value)
{
    for (uint32_t shift = 32u; shift > 0u; shift -= 4u) {
        print_byte((uint8_t)"0123456789abcdef"[(value >> (shift - 4u)) & 15u]);
    }
}

void print_hex(uint32_t value)
{
    print_text("0x");
    print_digits(value);
}

void print_seal(void)
{
    const uint32_t crc = line_crc;

    print_text(" *");
    print_digits(crc);
    print_text("\n");
}

void print_field(const char *name, uint64_t value)
{
    print_text(" ");
    print_text(name);
    print_text(" ");
    print_decimal(value);
}
