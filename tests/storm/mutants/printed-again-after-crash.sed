# file: app/ledger/start.c
# an invoice that was at the printer is planned anew at the start, with its number
s/UPDATE invoice SET doubt = 'unknown' WHERE state = 'sent' AND state IN ('planned', 'sent') AND doubt IS NULL/UPDATE invoice SET state = 'planned', doubt = NULL WHERE state = 'sent' AND state IN ('planned', 'sent')/
