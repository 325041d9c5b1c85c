/* Every screen in both languages at 80 x 24, drawn to build/screens for the eye.
 * Fails when a screen does not come, or shows a character that is one cell on one
 * terminal and two on another. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/text.h"
#include "counter/form.h"
#include "lib/desk.h"
#include "lib/flat_bed.h"
#include "lib/rpc_client.h"

#define QUIET_MS 60

static struct desk desk;
static struct flat_bed *bed;
static const char *language;
static char folder[512];

static bool english(void) { return !strcmp(language, "en"); }
static const char *said(const char *en, const char *zh) { return english() ? en : zh; }

/* --- looking at a screen ------------------------------------------------------------ */

static void check_cells(const char *name)
{
    for (int row = 0; row < term_rows(desk.term); row++)
        for (int col = 0; col < term_cols(desk.term); col++) {
            struct term_cell cell;
            uint32_t cp;
            term_cell_at(desk.term, row, col, &cell);
            if (!cell.width) continue;
            assert_true(utf8_next(cell.text, cell.text + strlen(cell.text), &cp) > 0);
            if (!form_char_allowed(cp)) fail_msg("%s: %s in row %d is not as wide on every terminal", name, cell.text, row + 1);
        }
}

static void picture(const char *name)
{
    char path[700];
    term_settle(desk.term, QUIET_MS);
    check_cells(name);
    snprintf(path, sizeof path, "%s/%s.%s.png", folder, name, language);
    assert_int_equal(term_png(desk.term, path), 0);
    snprintf(path, sizeof path, "%s/%s.%s.svg", folder, name, language);
    assert_int_equal(term_svg(desk.term, path), 0);
}

static void comes(const char *text, const char *name)
{
    desk_sees(&desk, text);
    picture(name);
}

static void menu_to(const char *en, const char *zh, const char *text, const char *name)
{
    desk_menu(&desk, en, zh);
    comes(text, name);
}

static const char *customer(void)
{
    static char number[64];
    static int n;
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT customer FROM bill WHERE state = 0 AND amount_fen > covered_fen AND customer NOT LIKE '049911%%' AND "
             "first_day <= (SELECT max(due) FROM bill) GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET %d",
             n);
    n += 2;
    return world_sql_text(&desk.w, "utility.db", sql, number, sizeof number);
}

/* One bill paid in exact cash; leaves the screen after it. */
static void pay(const char *number)
{
    char keys[128];
    snprintf(keys, sizeof keys, "%s{Enter}", number);
    desk_keys(&desk, keys);
    desk_sees(&desk, said("of 1 taken", "/ 共 1"));
    desk_keys(&desk, "{Enter}.{Enter}");
    desk_sees(&desk, "######");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, said("1 recorded", "1 已记账"));
}

/* --- the stories ------------------------------------------------------------------------ */

static void sign_on(void **state)
{
    desk_counter(&desk, language, 24, 80);
    picture("01-signon");
    desk_sign_on(&desk, BRANCH_TELLER);
    comes(said("not open yet", "钱箱未开"), "02-signon-float");
    desk_keys(&desk, "500{Enter}" DESK_FIRST_NUMBER "{Enter}");
    comes(said("number, scan", "户号、扫码"), "03-collect");
}

static void collect(void **state)
{
    desk_keys(&desk, "0499110002{Enter}");
    comes(said("6 of 6 taken", "已选 6 / 共 6"), "04-collect-bills");
    desk_keys(&desk, "{F4}");
    comes(said("BILL AND LATE FEE", "账单与违约金"), "05-fee");
    desk_keys(&desk, "{F3}{Enter}");
    comes(said("Tendered", "实收"), "06-tender");
    desk_keys(&desk, "20{Enter}");
    comes(said("The cash is short", "现金不足"), "07-cash-short");
    desk_keys(&desk, "{BS}{BS}600{Enter}");
    comes("######", "08-confirm");
    desk_keys(&desk, "{Look}{Enter}");
    comes(said("1 recorded", "1 已记账"), "09-after");
    desk_sees_row(&desk, 22, said("printed " DESK_FIRST_NUMBER, "已打印 " DESK_FIRST_NUMBER));
    picture("10-after-printed");
}

/* Customers that a counter must get right: a late fee over a year's end, a window that closed, a rare name. */
static void special_customers(void **state)
{
    static const char *const numbers[] = {"0499110003", "0499110004", "0499110005", "0499110006", "0499110007", "0499110008",
                                          "0499110009"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char keys[64], name[64];
        snprintf(keys, sizeof keys, "%s{Enter}", numbers[i]);
        snprintf(name, sizeof name, "10-customer-%s", numbers[i]);
        desk_keys(&desk, keys);
        desk_sees(&desk, said("To pay", "应收"));
        picture(name);
        desk_keys(&desk, "{F12}");
        desk_sees(&desk, said("number, scan", "户号、扫码"));
    }
}

static void search_and_card(void **state)
{
    desk_keys(&desk, "szz{F4}");
    desk_sees(&desk, said("Find", "查找"));
    desk_keys(&desk, "{BS}{BS}{BS}gy");
    comes("0499110006", "11-search");
    desk_keys(&desk, "{F3}{F12}{F6}");
    comes(said("money", "资金"), "12-card");
    desk_keys(&desk, "r{Enter}");
    comes(said("A SECOND PERSON SIGNS HERE", "第二人在此签字"), "13-approve");
    desk_keys(&desk, BRANCH_TELLER "{Enter}" BRANCH_PASSWORD "{Enter}");
    comes(said("approve your own act", "不能授权自己"), "14-approve-refused");
    desk_keys(&desk, "{F12}");
    desk_sees(&desk, said("Left without approval", "未授权而离开"));
    desk_keys(&desk, "{F2}");
}

static void around(void **state)
{
    desk_keys(&desk, "{F1}");
    comes(said("HELP", "帮助"), "15-help");
    desk_keys(&desk, "{F3}{F10}");
    comes(said("EVERYTHING THERE IS", "全部功能"), "16-menu");
    desk_keys(&desk, "{F3}");
    menu_to("Queue to the utility", "待发队列", said("QUEUE TO THE UTILITY", "待发队列"), "17-queue");
    menu_to("Till count and close", "钱箱清点与关闭", said("TILL COUNT", "钱箱清点"), "18-count");
    menu_to("Cash in or out of the till", "钱箱收付", said("CASH IN OR OUT", "钱箱收付"), "19-cash");
    menu_to("Printer", "打印机", said("PRINTER OF THIS TERMINAL", "本终端打印机"), "20-printer");
    menu_to("Change the password", "修改密码", said("CHANGE THE PASSWORD", "修改密码"), "21-password");
    desk_keys(&desk, "{F2}0499110002");
    menu_to("Lock this terminal", "锁定本终端", said("THIS TERMINAL IS LOCKED", "本终端已锁定"), "22-lock");
    desk_keys(&desk, BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, "[0499110002");
    desk_keys(&desk, "{F12}");
}

/* The utility is silent: the payment stays unknown, is abandoned, and its cash goes back. */
static void no_answer(void **state)
{
    world_pause(&desk.w, "utilityd");
    desk_keys(&desk, customer());
    desk_keys(&desk, "{Enter}");
    desk_sees(&desk, said("F12 = leave", "F12 = 离开"));
    picture("23-busy");
    desk_keys(&desk, "{F12}");
    world_resume(&desk.w, "utilityd");
    world_wait_bank(&desk.w);
    desk_keys(&desk, "{F12}");
    desk_sees_row(&desk, 24, said("On line", "联机"));
    char keys[64];
    snprintf(keys, sizeof keys, "%s{Enter}", customer());
    desk_keys(&desk, keys);
    desk_sees(&desk, said("of 1 taken", "/ 共 1"));
    world_pause(&desk.w, "utilityd");
    desk_keys(&desk, "{Enter}.{Enter}");
    desk_sees(&desk, "######");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees_row(&desk, 2, said("NO ANSWER", "未获答复"));
    picture("24-no-answer");
    desk_keys(&desk, "{F6}");
    comes(said("A   abandon", "A   放弃"), "25-todo-wait");
    desk_keys(&desk, "{Enter}9 +{Enter}"); /* none of it answers */
    desk_keys(&desk, "{Look}a{Enter}");
    desk_sees(&desk, said("A SECOND PERSON SIGNS HERE", "第二人在此签字"));
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, said("GIVE BACK", "应退"));
    picture("26-todo-give");
    world_resume(&desk.w, "utilityd");
    world_wait_bank(&desk.w);
    desk_keys(&desk, "{Look}h{Enter}");
    comes(said("once it is signed", "客户签字后"), "26-todo-give-slip");
    desk_keys(&desk, "{Look}h{Enter}");
    desk_sees(&desk, said("A SECOND PERSON", "第二人"));
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, said("All is settled", "全部了结"));
    desk_keys(&desk, "{F3}");
}

/* A printer that never answers: each number waits for the teller's word. */
static void doubt(void **state)
{
    printer_stop(desk.printer);
    desk.printer = NULL;
    pay(customer());
    desk_sees_row(&desk, 22, said("to be printed", "待打印"));
    comes(said("NOT REACHED", "连不上"), "27-printer-away");
}

/* One that says nothing of what it did: paper in a folder. */
static void bind_mute_printer(void)
{
    char uri[600], paper[512];
    world_path(&desk.w, "paper", paper, sizeof paper);
    mkdir(paper, 0755);
    snprintf(uri, sizeof uri, "file:%s/", paper);
    desk_bind(&desk, "L8", uri);
}

/* A flat bed: the sheet is put in by hand, with the number that the screen shows. */
static void paper_by_hand(void **state)
{
    struct talk t;
    char uri[600], paper[512];
    desk_counter_ends(&desk);
    snprintf(uri, sizeof uri, "file:%s/", world_path(&desk.w, "flat", paper, sizeof paper));
    mkdir(paper, 0755);
    talk_open(&t, desk.socket, DESK_TERMINAL);
    talk_sign_on(&t, BRANCH_TECHNICIAN, BRANCH_PASSWORD);
    talk_ask(&t, "printer_bind", "{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "name", "P2", "uri", uri, "profile", "epson-plq20", "template",
             "invoice-241", "media", "tractor-241", "offset_x_mm10", 0, "offset_y_mm10", 0);
    talk_close(&t);
    desk_counter(&desk, language, 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees_row(&desk, 2, said("PUT PAPER IN", "请放入纸张"));
    desk_keys(&desk, "{F6}");
    comes(said("the sheet must bear this number", "纸面须为此号"), "28-paper-by-hand");
    desk_keys(&desk, "{Look}l{Enter}");
}

static void recorded_and_not_seen(void **state)
{
    struct talk t;
    desk_counter_ends(&desk);
    talk_open(&t, desk.socket, DESK_TERMINAL);
    talk_sign_on(&t, BRANCH_TELLER, BRANCH_PASSWORD);
    json_t *draft = talk_draft(talk_ask(&t, "lookup", "{s:s}", "customer", customer()), 0);
    talk_ask(&t, "pay", "O", draft); /* and is never shown */
    json_decref(draft);
    world_kill(&desk.w, "branchd");
    talk_close(&t);
    world_start(&desk.w, "branchd");
    bind_mute_printer();
    desk_counter(&desk, language, 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees_row(&desk, 2, said("PAYMENT NOT SEEN", "未见的缴费"));
    desk_keys(&desk, "{F6}");
    comes(said("is the cash of this payment in the till", "该笔现金是否在钱箱"), "28-todo-unseen");
    desk_keys(&desk, "{Look}y{Enter}");
}

/* The invoice of a printer that does not answer is settled by the teller's eyes. */
static void invoices_in_doubt(void **state)
{
    desk_sees(&desk, said("whole and readable to the end", "且完整、清晰至末行"));
    picture("29-todo-doubt");
    desk_keys(&desk, "{Look}{Enter}y9{Enter}"); /* no answer */
    desk_keys(&desk, "n{Enter}");
    comes(said("could not be cleared from here", "无法从此处清除"), "30-todo-doubt-clear");
    desk_keys(&desk, "c{Enter}");
    desk_sees(&desk, said("N Enter voids", "N Enter 作废"));
    desk_keys(&desk, "n{Enter}");
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'spoiled'", 1, 5000);
    for (int sheets = 1; sheets <= 2; sheets++) { /* the next number of this one, and of the one that waited */
        char number[32];
        world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'sent'", 1, 5000);
        desk_sees_row(&desk, 5, world_sql_text(&desk.w, "branch.db", "SELECT number FROM invoice WHERE state = 'sent'", number, sizeof number));
        desk_keys(&desk, "{Look}y{Enter}");
        world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'confirmed'", 1 + sheets, 5000);
    }
    comes(said("All is settled", "全部了结"), "31-todo-none");
    desk_keys(&desk, "{F3}");
}

static void off_line(void **state)
{
    world_sql_reaches(&desk.w, "copy.db", "SELECT count(*) FROM bill", 1, 20000);
    world_kill(&desk.w, "bankd");
    desk_sees_row(&desk, 2, said("! OFF LINE", "脱机"));
    char keys[64];
    snprintf(keys, sizeof keys, "%s{Enter}", customer());
    desk_keys(&desk, keys);
    comes(said("From the copy", "的副本"), "32-off-line");
    desk_keys(&desk, "{F12}");
    world_start(&desk.w, "bankd");
    desk_sees_row(&desk, 24, said("On line", "联机"));
}

static void more_of_a_tellers_day(void **state)
{
    menu_to("Refund of prepaid credit", "退还预存", said("REFUND OF PREPAID", "退还预存"), "50-refund");
    desk_keys(&desk, "0499110001{Enter}");
    picture("51-refund-customer");
    menu_to("Wrong customer number", "更正户号", said("WRONG CUSTOMER NUMBER", "更正户号"), "52-transfer");
    desk_keys(&desk, "0499110002{Enter}");
    picture("53-transfer-customer");
    menu_to("Counterfeit note", "假币收缴", said("COUNTERFEIT NOTE", "假币收缴"), "54-counterfeit");
    menu_to("Take a till over", "接管钱箱", said("TAKE A TILL OVER", "接管钱箱"), "55-take-over");
    desk_keys(&desk, "{F2}");
    menu_to("Last payment", "上一笔", said("PAYMENT", "缴费"), "56-card");
    desk_keys(&desk, "t{Enter}");
    comes(said("TURN A PAYMENT BACK", "撤回一笔缴费"), "57-turn-back");
    desk_keys(&desk, "{F2}");
}

/* A special account: each screen it has, a book that is being printed. */
static void special_account(void **state)
{
    menu_to("Special account", "电费专用账户", said("a customer it pays for", "或其代缴的户号"), "46-account-empty");
    desk_keys(&desk, "{Down}o{Enter}");
    desk_sees(&desk, said("OPEN A SPECIAL ACCOUNT", "开立电费专用账户"));
    desk_keys(&desk, "0499110002{Enter}");
    desk_sees_row(&desk, 7, "李秀兰");
    desk_keys(&desk, "{Enter}133025197003120048{Enter}0318-3312345{Enter}123456{Enter}123456{Enter}500{Enter}600{Enter}");
    comes(said("100.00", "100.00"), "47-account-open");
    desk_keys(&desk, "{Look}{Enter}");
    comes(said("The agreement is printed", "协议书已打印"), "48-account");
    desk_keys(&desk, "d{Enter}250{Enter}300{Enter}");
    comes("######", "49-account-deposit");
    desk_keys(&desk, "{Look}{Enter}");
    comes(said("DEPOSITED", "已存入。找零"), "50-account-deposited");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees_row(&desk, 7, "750.00");
    desk_keys(&desk, "w{Enter}200{Enter}123457{Enter}{Look}{Enter}");
    comes("(55)", "51-account-password-wrong");
    desk_keys(&desk, "123456{Enter}{Look}{Enter}");
    comes(said("COUNT THE CASH OUT", "请付现金"), "52-account-cash-out");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees_row(&desk, 7, "550.00");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, said(" taken", "已选"));
    picture("53-account-pay");
    desk_keys(&desk, "{F3}");
    desk_sees_row(&desk, 7, "550.00");
    desk_keys(&desk, "l{Enter}");
    comes(said("One more", "加办户号"), "54-account-customers");
    desk_keys(&desk, "{F3}");
    desk_sees_row(&desk, 7, "550.00");
    desk_keys(&desk, "s{Enter}");
    desk_sees_row(&desk, 8, "550.00");
    picture("55-account-statement");
    desk_keys(&desk, "{F3}");
    desk_sees_row(&desk, 7, "550.00");
    desk_keys(&desk, "b{Enter}");
    comes(said("3 to print", "待登 3"), "56-passbook");
    desk_keys(&desk, "700001{Enter}k{Enter}");
    desk_sees_row(&desk, 3, "00700001");
    desk_keys(&desk, "p{Enter}");
    comes(said("PUT THE BOOK IN", "请放入存折，翻到"), "57-passbook-put-in");
    desk_keys(&desk, "{Look}i{Enter}");
    comes(said("LOOK INTO THE BOOK", "请看存折"), "58-passbook-look");
    desk_keys(&desk, "{Look}y{Enter}");
    comes(said("The book is printed", "已登折"), "59-passbook-printed");
    desk_keys(&desk, "{F2}");
    desk_sees(&desk, said("number, scan", "户号、扫码"));
}

static void till_counted(void **state)
{
    menu_to("Till count and close", "钱箱清点与关闭", said("TILL COUNT", "钱箱清点"), "33-count");
    desk_keys(&desk, "5{Enter}0499110002{Enter}");
    comes(said("At most 6 digits", "至多 6 位"), "34-count-scan");
    for (int i = 0; i < 10; i++) desk_keys(&desk, "{Down}");
    desk_keys(&desk, "{Down}c{Enter}");
    comes(said("SHORT", "短款"), "35-counted");
    desk_keys(&desk, "{F2}");
    menu_to("Sign off", "签退", said("SIGN ON", "签到"), "36-signed-off");
}

static void the_supervisor_looks(void **state)
{
    desk_sign_on(&desk, BRANCH_SUPERVISOR);
    desk_sees(&desk, said("BRANCH NOW", "支行现况"));
    desk_counter_ends(&desk);
    desk_counter_at(&desk, "09", language, 24, 80); /* what was typed at the teller's terminal is shown at another */
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    comes(said("APPROVED IN YOUR NAME", "以您名义"), "37-acts");
    desk_keys(&desk, "y{Enter}");
    comes(said("BRANCH NOW", "支行现况"), "37-branch");
    static const struct { const char *en, *zh, *heading_en, *heading_zh, *name; } all[] = {
        {"The business day", "营业日：", "BUSINESS DAY", "冻结当日业务", "40-day"},
        {"Exceptions", "例外", "EXCEPTIONS", "例外", "41-exceptions"},
        {"The vault", "金库", "THE VAULT", "金库", "42-vault"},
        {"Vault count", "清点金库", "VAULT COUNT", "金库清点", "43-vault-count"},
        {"Close the till of an absent", "关闭离岗柜员", "TILL OF AN ABSENT", "离岗柜员的钱箱", "44-absent-till"},
        {"Invoice numbers", "票号管理", "INVOICE NUMBERS", "票据代码", "45-books"},
        {"Void paper", "作废票：", "VOID PAPER", "交回并已验", "46-void"},
        {"Differences", "与电力的差异", "DIFFERENCES", "逐笔差异", "47-differences"},
        {"Reports", "报表", "REPORTS", "柜员日报", "48-reports"},
        {"Operators", "操作员", "OPERATORS", "操作员", "49-operators"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        menu_to(all[i].en, all[i].zh, said(all[i].heading_en, all[i].heading_zh), all[i].name);
    desk_menu(&desk, "Reports", "报表");
    desk_sees(&desk, said("REPORTS", "柜员日报"));
    desk_keys(&desk, "b{Enter}");
    comes(said("Branch's day", "网点日报"), "48-reports-branch");
    desk_sees(&desk, said("agreement not asked", "与电力对账 未核对"));
    desk_keys(&desk, "{F2}");
    desk_sees(&desk, said("BRANCH NOW", "支行现况")); /* a screen that is too small takes no keys */
    term_resize(desk.term, 20, 70);
    desk_sees(&desk, "80 x 24");
    picture("38-small");
    term_resize(desk.term, 24, 80);
    desk_sees(&desk, said("BRANCH NOW", "支行现况"));
}

static void the_technician_looks(void **state)
{
    menu_to("Sign off", "签退", said("At start-up", "启动检查"), "39-signed-off");
    desk_sign_on(&desk, BRANCH_SUPERVISOR);
    desk_sees(&desk, said("BRANCH NOW", "支行现况"));
    desk_counter_ends(&desk); /* the printer is that of the teller's terminal */
    desk_counter(&desk, language, 24, 80);
    desk_sign_on(&desk, BRANCH_TECHNICIAN);
    desk_sees_row(&desk, 5, said("invoice,receipt", "票据,小票")); /* what is bound stands first */
    desk_sees_row(&desk, 5, ":");
    comes(said("PRINTERS -", "打印机 - "), "40-printers");
    desk_keys(&desk, "{Enter}");
    comes(said("NOT VERIFIED ON HARDWARE", "未在实机上验证"), "41-printer-fields");
    for (int i = 0; i < 9; i++) desk_keys(&desk, "{Down}");
    desk_keys(&desk, "{Look}p{Enter}");
    comes(said("down  mm", "下 毫米"), "42-page-picture");
    desk_keys(&desk, "{Right}{Down}");
    desk_sees(&desk, "0.1");
    desk_keys(&desk, "{F12}");
    menu_to("Print jobs", "打印任务", said("PRINT JOBS", "打印任务 - "), "43-print-jobs");
    menu_to("The line to the bank", "到总行的线路", said("on line since", "联机，自"), "44-link");
    menu_to("Report of the whole set-up", "全套设置报告", said("S Enter = write it", "S Enter = 写出"), "45-setup");
}

static int open_desk(void **state)
{
    const char *built = getenv("B");
    char office[200];
    snprintf(folder, sizeof folder, "%s/screens", built && *built ? built : "build");
    if (mkdir(folder, 0755) && errno != EEXIST) return -1;
    desk_open(&desk, "pictures", true);
    desk_accounts(&desk);
    bed = flat_bed_start();
    snprintf(office, sizeof office, "file:%s/office/", desk.w.dir);
    assert_int_equal(mkdir(office + 5, 0700), 0);
    desk_bind_for(&desk, "report", office, "document", "", "");
    desk_bind_for(&desk, "passbook", flat_bed_uri(bed), "epson-plq20", "", "");
    return 0;
}

static int close_desk(void **state)
{
    desk_close(&desk);
    flat_bed_stop(bed);
    return 0;
}

int main(void)
{
    static const char *const languages[] = {"en", "zh_CN"};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_on),      cmocka_unit_test(collect), cmocka_unit_test(special_customers), cmocka_unit_test(search_and_card),
        cmocka_unit_test(around),       cmocka_unit_test(no_answer), cmocka_unit_test(doubt), cmocka_unit_test(paper_by_hand),
        cmocka_unit_test(recorded_and_not_seen), cmocka_unit_test(invoices_in_doubt), cmocka_unit_test(off_line),
        cmocka_unit_test(more_of_a_tellers_day), cmocka_unit_test(special_account), cmocka_unit_test(till_counted),
        cmocka_unit_test(the_supervisor_looks), cmocka_unit_test(the_technician_looks),
    };
    int failed = 0;
    for (int i = 0; i < 2; i++) {
        language = languages[i];
        failed += cmocka_run_group_tests_name(language, tests, open_desk, close_desk);
    }
    return failed;
}
