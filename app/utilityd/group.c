#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/store.h"
#include "wire/message.h"

static int key_order(const struct key *left, const struct key *right)
{
    int order = strcmp(left->bank, right->bank);
    if (order == 0)
        order = strcmp(left->branch, right->branch);
    return order != 0 ? order : strcmp(left->ref, right->ref);
}

static int by_key(const void *a, const void *b)
{
    return key_order(*(const struct key *const *)a, *(const struct key *const *)b);
}

int group_key(const struct group *group, const struct key *key)
{
    size_t from = 0, to = group->key_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        int order = key_order(key, &group->keys[middle].key);
        if (order == 0)
            return (int)middle;
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return -1;
}

int group_aside(const struct judge_key *key)
{
    for (size_t i = 0; i < key->place_count && key->state == KEY_POSTED; i++)
        if (key->places[i].home == HOME_BILL && key->places[i].part >= 0)
            return 0;
    return 1;
}

bool group_has_bill(const struct group *group, const char *number)
{
    for (size_t i = 0; i < group->bill_count; i++)
        if (strcmp(group->bills[i].number, number) == 0)
            return true;
    return false;
}

struct judge_customer *group_customer(struct group *group, const char *number)
{
    for (size_t i = 0; i < group->customer_count; i++)
        if (strcmp(group->customers[i].number, number) == 0)
            return &group->customers[i];
    if (group->customer_count == GROUP_CUSTOMERS_MAX)
        return NULL;
    struct judge_customer *customer = &group->customers[group->customer_count++];
    memset(customer, 0, sizeof *customer);
    text_copy(customer->number, sizeof customer->number, number);
    return customer;
}

static void gather_keys(struct group *group)
{
    const struct key *named[GROUP_KEYS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++) {
        named[count++] = &group->requests[i].key;
        if (group->requests[i].original.ref[0])
            named[count++] = &group->requests[i].original;
    }
    qsort(named, count, sizeof named[0], by_key);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && key_equal(named[i], named[i - 1]))
            continue;
        struct judge_key *row = &group->keys[group->key_count++];
        memset(row, 0, sizeof *row);
        row->key = *named[i];
    }
    for (size_t i = 0; i < group->count; i++)
        group->key_of[i] = group_key(group, &group->requests[i].key);
    memset(group->row, 0, sizeof group->row);
    memset(group->closed, 0, sizeof group->closed);
    memset(group->reopened, 0, sizeof group->reopened);
}

static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

/* Sixty-four requests look at the bills of all: numbers tell most apart. */
static void hash_bills(struct group *group)
{
    for (size_t i = 0; i < group->bill_count; i++) {
        group->bill_hash[i] = hash_of(group->bills[i].number);
        group->customer_hash[i] = hash_of(group->bills[i].customer);
    }
}

day_t group_business(const struct group *group, size_t index)
{
    const struct judge_key *key = &group->keys[group->key_of[index]];
    return key->has_content ? key->business : group->requests[index].business;
}

/* In the totals of its day. */
static bool counts(enum key_state state, int proc)
{
    return proc != PROC_TRANSFER && (state == KEY_POSTED || state == KEY_REVERSED);
}

static bool lay_at(const struct judge_key *key, const char *bill)
{
    for (size_t i = 0; key && i < key->place_count; i++)
        if (strcmp(key->places[i].bill, bill) == 0)
            return true;
    return false;
}

/* The bills that one request can touch: its customer's, those of its key and of the original, and
 * (the judge refuses them) others that it names. */
static size_t bills_of(struct group *group, const struct judge_key *key, const struct judge_key *original,
                       const char *customer, const struct judge_request *request, struct judge_bill **list)
{
    uint32_t named[JUDGE_PARTS_MAX], owner = hash_of(customer);
    size_t count = 0;
    for (size_t p = 0; p < request->part_count; p++)
        named[p] = hash_of(request->parts[p].bill);
    for (size_t i = 0; i < group->bill_count; i++) {
        struct judge_bill *bill = &group->bills[i];
        bool wanted = group->customer_hash[i] == owner || lay_at(original, bill->number) ||
                      (bill->state == BILL_PAID && key_equal(&bill->paid_by, &key->key));
        for (size_t p = 0; p < request->part_count && !wanted; p++)
            wanted = named[p] == group->bill_hash[i];
        if (wanted)
            list[count++] = bill;
    }
    return count;
}

static void judge_one(struct group *group, const struct judge_rules *rules, size_t index,
                      struct judge_bill **list)
{
    const struct judge_request *request = &group->requests[index];
    int at = group->key_of[index];
    struct judge_key *key = &group->keys[at];
    const char *customer = key->customer[0] ? key->customer : request->customer;
    struct judge_view view = {.key = key, .bills = list,
                              .day_closed = group->closed[index] ||
                                            group_business(group, index) < rules->open_from};
    int original = request->original.ref[0] ? group_key(group, &request->original) : -1;
    if (original >= 0)
        view.original = &group->keys[original];
    for (size_t i = 0; i < group->customer_count; i++) {
        if (strcmp(group->customers[i].number, customer) == 0)
            view.customer = &group->customers[i];
        if (view.original && strcmp(group->customers[i].number, view.original->customer) == 0)
            view.source = &group->customers[i];
    }
    view.bill_count = bills_of(group, key, view.original, customer, request, list);
    enum key_state before = key->state;
    judge_payment(rules, &view, request, &group->answers[index]);
    if (view.day_closed && before != key->state && (counts(before, key->proc) || counts(key->state, key->proc)))
        group->reopened[at] = true;
}

static int work(struct store *store, struct group *group, const struct judge_rules *rules,
                struct error *err)
{
    static _Thread_local struct judge_bill *list[GROUP_BILLS_MAX];
    if (store->ops->read(store, group, err) != 0)
        return -1;
    hash_bills(group);
    for (size_t i = 0; i < group->count; i++)
        judge_one(group, rules, i, list);
    return store->ops->write(store, group, err);
}

int group_post(struct store *store, const struct judge_rules *rules,
               const struct judge_request *requests, size_t count, int64_t now_ms,
               struct judge_answer *answers, struct error *err)
{
    assert(count >= 1 && count <= GROUP_MAX);
    struct group *group = store->group ? store->group : malloc(sizeof *group);
    store->group = group;
    if (!group)
        return error_all(err, "payments not posted", NULL, "out of memory", NULL);
    group->requests = requests;
    group->answers = answers;
    group->count = count;
    group->now_ms = now_ms;
    group->key_count = group->customer_count = group->bill_count = 0;
    gather_keys(group);
    return work(store, group, rules, err);
}
