/* print.h - numbers and words to the console, without stdio. */
#ifndef PRINT_H
#define PRINT_H

#include <stdint.h>

void print_text(const char *text);
void print_decimal(uint64_t value);
void print_signed(int32_t value);

/* 0x and eight digits, for addresses. */
void print_hex(uint32_t value);

/* End the line with " *" and eight digits, the CRC-32 of all before them in this line. */
void print_seal(void);

/* " NAME VALUE": one field of a record. */
void print_field(const char *name, uint64_t value);

#endif /* PRINT_H */
