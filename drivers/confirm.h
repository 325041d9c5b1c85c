/* The printer's own word that a job is on paper, waited for after the last byte. */
#ifndef DRIVERS_CONFIRM_H
#define DRIVERS_CONFIRM_H

#include "drivers/job.h"
#include "drivers/profile.h"
#include "drivers/transport.h"

/* True when the printer said so within the times; false when it stayed silent, said that
 * something is wrong, the line broke or the job was cancelled: err has the cause and
 * *state what it last said of itself. The profile's `answers` is not ANSWERS_NO. */
bool confirm_wait(struct transport *t, const struct profile *profile, const struct print_job *job,
                  enum printer_state *state, struct error *err);

#define CONFIRM_ID_SIZE 4
/* Four printable bytes made of the job's name, for 1D 28 48. */
void confirm_id(const char *name, uint8_t id[CONFIRM_ID_SIZE]);

#endif
