/* What the files about a restore share; inside the caller's transaction. */
#ifndef LEDGER_RESTORED_INSIDE_H
#define LEDGER_RESTORED_INSIDE_H

#include "ledger/inside.h"
#include "ledger/restored.h"

/* restored_paper.c. Its invoices become what the utility was told and what people hold in their hands;
 * what the utility was not told yet goes out as a notice. The payment stands and is not held. */
enum ledger_result restored_paper(struct ledger *ledger, struct ledger_payment *p, const char *series, const char *number,
                                  const char *maker, struct error *err);
/* Its money goes back: what is planned is dropped, what is confirmed cancelled. */
enum ledger_result restored_withdraw(struct ledger *ledger, struct ledger_payment *p, const char *maker, struct error *err);

/* adopt.c. Its rows under its old key, recorded or advised, its cash in the till. stan 0: the next one. */
struct adopted { const struct restored_word *word; struct ledger_draft draft; day_t day; int64_t taken_ms; int stan; char terminal[LEDGER_TERMINAL_SIZE]; };
enum ledger_result restored_take_up(struct ledger *ledger, const struct adopted *a, bool advised, const char *maker, const char *checker,
                                    struct ledger_payment *p, struct error *err);
/* The draft of what the utility tells. PARAMS: its bills can't be read. */
enum ledger_result restored_draft(const struct restored_theirs *theirs, const struct restored_word *word, struct ledger_draft *draft,
                                  struct error *err);

/* restored_state.c. From where it stands here to where it stands there. gone: its cash is not in the till. */
struct converging { const struct restored_theirs *theirs; const struct restored_word *word; const char *maker, *checker; bool gone, paper /* a number of it is known */; };
enum ledger_result restored_converge(struct ledger *ledger, const struct converging *c, struct ledger_payment *p, struct error *err);

#endif
