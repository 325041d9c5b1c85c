/* Stands in for avahi's client library before ippeveprinter, which does not start without a
 * daemon to make itself known by. Nobody looks for it here: every call succeeds and does nothing. */
#include <stddef.h>

static int nothing;

void *avahi_threaded_poll_new(void);
const void *avahi_threaded_poll_get(void *poll);
int avahi_threaded_poll_start(void *poll);
void avahi_threaded_poll_lock(void *poll);
void avahi_threaded_poll_unlock(void *poll);
void *avahi_client_new(const void *api, int flags, void *callback, void *ctx, int *error);
int avahi_client_errno(void *client);
const char *avahi_client_get_host_name_fqdn(void *client);
void *avahi_entry_group_new(void *client, void *callback, void *ctx);
int avahi_entry_group_add_service_strlst(void *group, ...);
int avahi_entry_group_add_service_subtype(void *group, ...);
int avahi_entry_group_commit(void *group);
int avahi_entry_group_free(void *group);

void *avahi_threaded_poll_new(void) { return &nothing; }
const void *avahi_threaded_poll_get(void *poll) { return poll; }
int avahi_threaded_poll_start(void *poll) { return 0; }
void avahi_threaded_poll_lock(void *poll) { }
void avahi_threaded_poll_unlock(void *poll) { }
void *avahi_client_new(const void *api, int flags, void *callback, void *ctx, int *error) { return &nothing; }
int avahi_client_errno(void *client) { return 0; }
const char *avahi_client_get_host_name_fqdn(void *client) { return "localhost"; }
void *avahi_entry_group_new(void *client, void *callback, void *ctx) { return &nothing; }
int avahi_entry_group_add_service_strlst(void *group, ...) { return 0; }
int avahi_entry_group_add_service_subtype(void *group, ...) { return 0; }
int avahi_entry_group_commit(void *group) { return 0; }
int avahi_entry_group_free(void *group) { return 0; }
