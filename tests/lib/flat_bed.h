/* A flat-bed printer at a TCP port that answers nothing: it takes what it is sent, sheet by
 * sheet, and jams when told to: what came before is on paper, the rest never is. */
#ifndef TESTS_LIB_FLAT_BED_H
#define TESTS_LIB_FLAT_BED_H

#include <stddef.h>
#include <stdint.h>

struct flat_bed;
struct flat_bed *flat_bed_start(void);
const char *flat_bed_uri(const struct flat_bed *bed);
/* The next sheet takes only so many bytes, then the line breaks. */
void flat_bed_jam(struct flat_bed *bed, size_t bytes);
/* The n-th sheet that anything came on, from 0: blocks until it is whole (its line was closed). */
const uint8_t *flat_bed_sheet(struct flat_bed *bed, size_t n, size_t *len);
size_t flat_bed_sheets(struct flat_bed *bed);
void flat_bed_stop(struct flat_bed *bed);

#endif
