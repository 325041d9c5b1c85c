#include "lib/shipped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <jansson.h>

#define FOLDER "printer-templates"

#define PAYMENTS {"receipt", "receipt-one", "receipt-long", "receipt-rare", "receipt-latin", "receipt-twelve"}
#define PAYMENTS_AND_CREDIT {"receipt", "receipt-one", "receipt-long", "receipt-rare", "receipt-latin", "receipt-twelve", "receipt-prepay"}
#define PREPAYMENTS {"prepay", "prepay-long"}
#define ACTS {"account", "account-long"}
#define HANDBACKS {"handback", "handback-long"}

const struct shipped shipped[] = {
    {"receipt-80", PAYMENTS_AND_CREDIT}, {"receipt-58", PAYMENTS_AND_CREDIT}, {"receipt-241", PAYMENTS_AND_CREDIT},
    {"invoice-a4", PAYMENTS}, {"invoice-a5", PAYMENTS}, {"invoice-241", PAYMENTS}, {"paper-241", {"receipt"}},
    {"prepay-80", PREPAYMENTS}, {"prepay-58", PREPAYMENTS}, {"prepay-241", PREPAYMENTS},
    {"handback-80", HANDBACKS}, {"handback-58", HANDBACKS}, {"handback-241", HANDBACKS},
    {"passbook", {"passbook", "passbook-long"}}, {"agreement-a4", {"agreement", "agreement-long"}}, {"statement-a4", {"statement", "statement-long"}},
    {"account-80", ACTS}, {"account-58", ACTS}, {"account-241", ACTS},
    {"teller-day-a4", {"teller", "teller-long"}}, {"branch-day-a4", {"branch", "branch-long"}}, {"month-a4", {"month"}},
    {"counterfeit-a5", {"counterfeit", "counterfeit-long"}}, {"counterfeit-241", {"counterfeit", "counterfeit-long"}},
    {"counterfeit-80", {"counterfeit"}}, {"counterfeit-58", {"counterfeit"}},
    {"alignment-80", {"alignment"}}, {"alignment-58", {"alignment"}}, {"alignment-241", {"alignment"}},
    {"alignment-a4", {"alignment"}}, {"alignment-a5", {"alignment"}}, {"alignment-passbook", {"alignment"}},
};
const size_t shipped_count = sizeof shipped / sizeof *shipped;

static struct print_set *set;

void shipped_open(void)
{
    struct error err = {0};
    set = print_set_open(FOLDER, &err);
    if (!set) fail_msg("%s: %s", err.where, err.why);
}

void shipped_close(void) { print_set_close(set); }

const struct print_set *shipped_set(void) { return set; }

const struct template_form *shipped_form(const char *form, int language)
{
    struct error err = {0};
    const struct template_form *found = print_set_find(set, form, language, &err);
    if (!found || found->language != language) fail_msg("%s has no variant %d", form, language);
    return found;
}

struct shipped_pages shipped_make(const struct page_device *device, const char *form, const char *sample, int language)
{
    char path[128];
    struct error err = {0};
    struct shipped_pages made = {0};
    json_error_t why;
    snprintf(path, sizeof path, FOLDER "/sample/%s.json", sample);
    json_t *data = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!data) fail_msg("%s: %s", path, why.text);
    struct print_request request = {.data = data, .device = device, .form = shipped_form(form, language), .image_folder = FOLDER};
    request.media = print_set_media(set, NULL, request.form, &err);
    if (!request.media) fail_msg("%s: %s", form, err.why);
    if (print_place_all(&request, &made.page, &made.count, &err)) fail_msg("%s with %s: %s: %s", form, sample, err.where, err.why);
    json_decref(data);
    return made;
}

void shipped_free(struct shipped_pages pages) { print_pages_free(pages.page, pages.count); }
