# file: app/utilityd/store_sqlite.c
# the utility answers before the disk has it
s/PRAGMA synchronous=FULL;/PRAGMA synchronous=OFF;/
s/"PRAGMA synchronous", "2"/"PRAGMA synchronous", "0"/
