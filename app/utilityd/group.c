#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "utilityd/store.h"

#define CUSTOMERS_MAX (2 * GROUP_MAX) /* named now, and stored with a known key */

struct group {
    struct judge_key keys[GROUP_MAX];
    size_t key_count;
    struct judge_customer customers[CUSTOMERS_MAX];
    bool found[CUSTOMERS_MAX];
    size_t customer_count;
    struct judge_bill rows[GROUP_BILLS_MAX];
    struct group_bills bills;
    struct judge_bill *list[GROUP_BILLS_MAX];
};

static int key_order(const void *a, const void *b)
{
    const struct key *left = &((const struct judge_key *)a)->key;
    const struct key *right = &((const struct judge_key *)b)->key;
    int order = strcmp(left->bank, right->bank);
    if (order == 0)
        order = strcmp(left->branch, right->branch);
    return order != 0 ? order : strcmp(left->ref, right->ref);
}

static int customer_order(const void *a, const void *b)
{
    return strcmp(((const struct judge_customer *)a)->number,
                  ((const struct judge_customer *)b)->number);
}

static struct judge_key *find_key(struct group *group, const struct key *key)
{
    for (size_t i = 0; i < group->key_count; i++)
        if (key_equal(&group->keys[i].key, key))
            return &group->keys[i];
    return NULL;
}

static bool has_bill(const struct group *group, const char *number)
{
    for (size_t i = 0; i < group->bills.count; i++)
        if (strcmp(group->bills.rows[i].number, number) == 0)
            return true;
    return false;
}

static void add_customer(struct group *group, const char number[JUDGE_CUSTOMER_SIZE])
{
    for (size_t i = 0; i < group->customer_count; i++)
        if (strcmp(group->customers[i].number, number) == 0)
            return;
    if (!number[0])
        return;
    assert(group->customer_count < CUSTOMERS_MAX);
    struct judge_customer *customer = &group->customers[group->customer_count++];
    memset(customer, 0, sizeof *customer);
    memcpy(customer->number, number, JUDGE_CUSTOMER_SIZE);
}

static int read_keys(struct store *store, struct group *group,
                     const struct judge_request *requests, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (find_key(group, &requests[i].key))
            continue;
        struct judge_key *row = &group->keys[group->key_count++];
        memset(row, 0, sizeof *row);
        row->key = requests[i].key;
    }
    qsort(group->keys, group->key_count, sizeof group->keys[0], key_order);
    return store->ops->read_keys(store, group->keys, group->key_count, err);
}

static int read_customers(struct store *store, struct group *group,
                          const struct judge_request *requests, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        add_customer(group, requests[i].customer);
    for (size_t i = 0; i < group->key_count; i++)
        add_customer(group, group->keys[i].customer);
    qsort(group->customers, group->customer_count, sizeof group->customers[0], customer_order);
    return store->ops->read_customers(store, group->customers, group->found,
                                      group->customer_count, err);
}

static int read_named(struct store *store, struct group *group, const char *number,
                      struct error *err)
{
    if (!number[0] || has_bill(group, number))
        return 0;
    return store->ops->read_bill(store, number, &group->bills, err);
}

/* The customers' open bills, those the requests name and those the keys paid. */
static int read_bills(struct store *store, struct group *group,
                      const struct judge_request *requests, size_t count, struct error *err)
{
    for (size_t i = 0; i < group->customer_count; i++)
        if (group->found[i] && store->ops->read_open_bills(store, group->customers[i].number,
                                                           &group->bills, err) != 0)
            return -1;
    for (size_t i = 0; i < count; i++)
        for (size_t p = 0; p < requests[i].part_count; p++)
            if (read_named(store, group, requests[i].parts[p].bill, err) != 0)
                return -1;
    for (size_t i = 0; i < group->key_count; i++)
        for (size_t p = 0; p < group->keys[i].place_count; p++)
            if (read_named(store, group, group->keys[i].places[p].bill, err) != 0)
                return -1;
    for (size_t i = 0; i < group->bills.count; i++)
        group->list[i] = &group->bills.rows[i];
    return 0;
}

static int judge_one(struct store *store, struct group *group, const struct judge_rules *rules,
                     const struct judge_request *request, struct judge_answer *answer,
                     struct error *err)
{
    struct judge_view view = {.key = find_key(group, &request->key), .bills = group->list,
                              .bill_count = group->bills.count};
    const char *customer = view.key->customer[0] ? view.key->customer : request->customer;
    for (size_t i = 0; i < group->customer_count; i++)
        if (group->found[i] && strcmp(group->customers[i].number, customer) == 0)
            view.customer = &group->customers[i];
    if (store->ops->day_closed(store, &request->key, request->business, &view.day_closed, err) != 0)
        return -1;
    judge_payment(rules, &view, request, answer);
    return 0;
}

static int write_back(struct store *store, struct group *group, int64_t now_ms, struct error *err)
{
    if (store->ops->write_keys(store, group->keys, group->key_count, now_ms, err) != 0 ||
        store->ops->write_customers(store, group->customers, group->customer_count, err) != 0 ||
        store->ops->write_bills(store, &group->bills, err) != 0)
        return -1;
    return store->ops->commit(store, err);
}

static int work(struct store *store, struct group *group, const struct judge_rules *rules,
                const struct judge_request *requests, size_t count, int64_t now_ms,
                struct judge_answer *answers, struct error *err)
{
    if (read_keys(store, group, requests, count, err) != 0 ||
        read_customers(store, group, requests, count, err) != 0 ||
        read_bills(store, group, requests, count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (judge_one(store, group, rules, &requests[i], &answers[i], err) != 0)
            return -1;
    return write_back(store, group, now_ms, err);
}

int group_post(struct store *store, const struct judge_rules *rules,
               const struct judge_request *requests, size_t count, int64_t now_ms,
               struct judge_answer *answers, struct error *err)
{
    assert(count >= 1 && count <= GROUP_MAX);
    struct group *group = malloc(sizeof *group);
    if (!group)
        return error_all(err, "payments not posted", NULL, "out of memory", NULL);
    group->key_count = group->customer_count = 0;
    group->bills = (struct group_bills){.rows = group->rows};
    int result = store->ops->begin(store, err);
    if (result == 0) {
        result = work(store, group, rules, requests, count, now_ms, answers, err);
        if (result != 0)
            store->ops->rollback(store);
    }
    free(group);
    return result;
}
