/* One payment's key between branch and utility, and its one sheet of paper, for SPIN.
 *
 * Every message that was ever sent may arrive any number of times, in any order, or never; the branch may
 * die between any two steps. Checked: the key is posted at most once; a number is on paper at most once;
 * when the branch has come to an end of the key, cash and posting agree: kept when posted, else given back.
 * tests/storm/spin.sh runs it whole, then with each rule (-D...) taken away: those must fail. */

mtype = { idle, recorded, advised, posted, declined, undoing, undone, reversing, reversed };
mtype = { unknown, refused, there, tomb, back };           /* the utility's key */
mtype = { none, planned, sent, doubt, confirmed, void };   /* the sheet */

mtype branch = idle, key = unknown, sheet = none;
bool q200, q220, q400, q420;                               /* requests that were ever sent */
bool a200ok, a200no, a200soft, a230, a230rv, a410, a410no, a430; /* answers that ever left */
bool cash, shown, held, alive = true;
byte posts, papers, crashes;

/* --- the utility: each step is judged, stored and answered in one */
inline post() { key = there; posts++; assert(posts <= 1) }

active proctype utility()
{
end:    do
        :: atomic { q200 && key == unknown -> if :: post(); a200ok = true :: key = refused; a200no = true fi }
        :: atomic { q200 && key == refused -> a200no = true }
#ifdef NOKEY
        :: atomic { q200 && key == there && posts < 2 -> post(); a200ok = true }
#else
        :: atomic { q200 && key == there -> a200ok = true }
#endif
        :: atomic { q200 -> a200soft = true }                /* 96, 68, 91: nothing is stored */
        :: atomic { q220 && (key == unknown || key == refused) -> post(); a230 = true }
        :: atomic { q220 && key == there -> a230 = true }
#ifdef ADVICEWINS
        :: atomic { q220 && (key == tomb || key == back) && posts < 1 -> post(); a230 = true }
#else
        :: atomic { q220 && (key == tomb || key == back) -> a230rv = true }
#endif
        :: atomic { q400 && key == there -> if :: key = back; posts--; a410 = true :: a410no = true fi }
        :: atomic { q400 && key == back -> a410 = true }
#ifdef NOTOMB
        :: atomic { q420 && (key == unknown || key == refused) -> a430 = true }
#else
        :: atomic { q420 && (key == unknown || key == refused) -> key = tomb; a430 = true }
#endif
        :: atomic { q420 && key == there -> key = back; posts--; a430 = true }
        :: atomic { q420 && (key == tomb || key == back) -> a430 = true }
        od
}

/* --- the branch: a step is a commit */
inline plan() { if :: sheet == none || sheet == void -> sheet = planned :: else fi }
inline drop() { if :: sheet == planned -> sheet = none :: sheet == confirmed -> sheet = void :: else fi }

active proctype teller()
{
end:    do
        :: atomic { alive && branch == idle -> branch = recorded; cash = true; q200 = true }
        :: atomic { alive && branch == idle -> branch = advised; cash = true; q220 = true; plan() }
        :: atomic { alive && branch != idle && !shown && !held -> shown = true }
        :: atomic { alive && held -> held = false; shown = true }        /* a person says that the cash is there */
        /* T2, T6: answers */
        :: atomic { alive && !held && branch == recorded && a200ok -> branch = posted; plan() }
        :: atomic { alive && !held && branch == recorded && a200no -> branch = declined; cash = false }
#ifdef SOFT
        :: atomic { alive && !held && branch == recorded && a200soft -> branch = declined; cash = false }
#endif
        :: atomic { alive && !held && branch == advised && a230 -> branch = posted }
#ifdef LATE
        :: atomic { alive && !held && branch == advised && a200no -> branch = declined; cash = false; drop() }
        :: atomic { alive && !held && branch == undoing && a200ok -> branch = posted; plan() }
#endif
        :: atomic { alive && branch == undoing && a430 -> branch = undone }
        :: atomic { alive && branch == reversing && a410 -> branch = reversed; cash = false }
        :: atomic { alive && branch == reversing && a410no -> branch = posted; plan() }
        /* no answer, and second thoughts */
        :: atomic { alive && !held && branch == recorded -> branch = advised; q220 = true; plan() }
        :: atomic { alive && !held && branch == recorded -> branch = undoing; cash = false; q420 = true }
        :: atomic { alive && !held && branch == advised && sheet != sent && sheet != doubt -> branch = undoing; cash = false; drop(); q420 = true }
#ifdef EARLYCASH
        :: atomic { alive && !held && branch == posted && !q400 && sheet != sent && sheet != doubt -> branch = reversing; cash = false; drop(); q400 = true }
#else
        :: atomic { alive && !held && branch == posted && !q400 && sheet != sent && sheet != doubt -> branch = reversing; drop(); q400 = true }
#endif
        /* T3, then bytes, then T4 */
#ifdef NOT3
        :: atomic { alive && !held && sheet == planned && (branch == posted || branch == advised) && papers < 2 -> papers++; assert(papers <= 1) }
#endif
        :: atomic { alive && !held && sheet == planned && (branch == posted || branch == advised) && papers == 0 -> sheet = sent }
        :: atomic { alive && sheet == sent && papers < 2 -> papers++; assert(papers <= 1); if :: sheet = confirmed :: sheet = doubt fi }
        :: atomic { alive && sheet == doubt -> if :: sheet = confirmed :: sheet = void fi }
        /* it dies, and starts */
        :: atomic { alive && crashes < 2 -> alive = false; crashes++ }
        :: atomic { !alive -> alive = true;
                if :: !shown && (branch == recorded || branch == advised || branch == posted) -> held = true :: else fi;
#ifdef AGAIN
                if :: sheet == sent || sheet == doubt -> sheet = planned; papers = papers :: else fi
#else
                if :: sheet == sent -> sheet = doubt :: else fi
#endif
                }
#ifdef AGAIN
        :: atomic { alive && sheet == planned && papers == 1 -> papers++; assert(papers <= 1) }
#endif
        od
}

/* An end of the key, as the branch sees it, is the end. */
active proctype auditor()
{
        do
        :: atomic { branch == posted && !q400 -> assert(cash && key == there) }
        :: atomic { branch == declined -> assert(!cash && key != there) }
        :: atomic { branch == undone || branch == reversed -> assert(!cash && key != there) }
        :: atomic { branch == reversing -> assert(cash || key == back) }
        od
}
