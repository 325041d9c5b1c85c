/* What a running branchd is doing: for people, or as JSON. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/command.h"
#include "branchd/branchd.h"
#include "branchd/client.h"

static const char *text_at(const json_t *object, const char *member, const char *preset)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : preset;
}

static long long number_at(const json_t *object, const char *member) { return json_integer_value(json_object_get(object, member)); }

static void say_link(const json_t *link)
{
    if (json_is_true(json_object_get(link, "up"))) printf("link       on line since %s, %lld ms\n", text_at(link, "since", "?"), number_at(link, "rtt_ms"));
    else printf("link       OFF LINE since %s: %s\n", text_at(link, "since", "?"), text_at(link, "why", "unknown"));
}

static void say(const json_t *state, const json_t *link)
{
    json_t *item, *copy = json_object_get(state, "copy");
    size_t i;
    printf("day        %s %s\n", text_at(state, "business_date", "none"), text_at(state, "day_state", ""));
    say_link(json_object_get(state, "link"));
    printf("queue      %lld, parked %lld\n", number_at(state, "queue"), number_at(state, "parked"));
    if (json_is_object(copy)) printf("copy       %lld bills, %lld s old\n", number_at(copy, "bills"), number_at(copy, "age_s"));
    else puts("copy       none");
    printf("epoch      %lld\n", number_at(link, "epoch"));
    json_array_foreach(json_object_get(link, "certificates"), i, item)
        printf("certificate %s, %lld days left\n", text_at(item, "file", "?"), number_at(item, "days_left"));
    if (json_object_get(state, "stopped") && json_is_string(json_object_get(state, "stopped")))
        printf("STOPPED    %s\n", text_at(state, "stopped", ""));
    json_array_foreach(json_object_get(state, "attention"), i, item)
        printf("waits      %lld %s\n", number_at(item, "count"), text_at(item, "text", ""));
}

int cmd_status(void *program, int argc, char **argv)
{
    struct branch *b = program;
    struct error err = {0};
    bool json = command_option(&argc, argv, "--json", 0) != NULL;
    if (argc != 1) {
        fputs("usage: branchd status [--json]\n", stderr);
        return EX_USAGE;
    }
    json_t *state = client_call(b->settings.socket, "state", NULL, &err);
    json_t *link = state ? client_call(b->settings.socket, "link_status", NULL, &err) : NULL;
    if (link == NULL) {
        error_print("branchd", &err);
        json_decref(state);
        return EX_UNAVAILABLE;
    }
    if (json) {
        json_object_set(state, "link_status", link);
        json_dumpf(state, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        say(state, link);
    }
    json_decref(state);
    json_decref(link);
    return EX_OK;
}
