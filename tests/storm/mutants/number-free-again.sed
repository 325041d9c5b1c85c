# file: app/ledger/invoice.c
# nothing-sent frees a number whatever was said of the job before
s/bytes > 0 || sheet->doubt\[0\] ?/bytes > 0 ?/
