/* The ledger's own words as a report in Chinese says them. */
#include <string.h>

#include "branchd/report.h"

static const struct { const char *word, *zh; } words[] = {
    /* days, agreements, tills, differences */
    {"open", "开"}, {"closing", "结账中"}, {"cut off", "已截止"}, {"closed", "已关闭"}, {"counted", "已清点"},
    {"not asked", "未核对"}, {"asked", "核对中"}, {"agreed", "核对相符"}, {"differences", "有差异"}, {"no answer", "未答复"},
    {"re-opened", "重新核对"}, {"only here", "仅本网点"}, {"only there", "仅电力方"}, {"not ours", "非本网点"}, {"amount", "金额不同"},
    {"state", "状态不同"},
    /* acts of two people */
    {"pay", "超限额收费"}, {"hand_back", "退还现金"}, {"counterfeit", "假币收缴"}, {"refund", "退预存"}, {"transfer", "更正户号"},
    {"till_count", "钱箱复点"}, {"till_cash", "钱箱与金库调拨"}, {"till_close", "关闭钱箱"}, {"till_handover", "移交钱箱"},
    {"abandon", "放弃收费"}, {"undo", "撤销待发"}, {"reverse", "冲正"}, {"unacknowledged_answer", "未收款确认"},
    {"reprint_data", "补打发票"}, {"spoil", "发票作废"}, {"invoice_answer", "发票作废"}, {"book_load", "发放票册"}, {"settle", "处理例外"},
    {"number_lost", "票号遗失"}, {"number_receive", "票号领入"}, {"number_return", "票号退回"}, {"vault", "金库"},
    {"till_force_close", "关闭离岗钱箱"}, {"day_close", "日终"}, {"clock_confirm", "确认日期"}, {"operator_unlock", "操作员解锁"},
    {"operator_add", "新增操作员"}, {"operator_set", "变更操作员"}, {"operator_password", "重设密码"}, {"operator_code", "生成验证码"},
    {"repair", "处理差异"}, {"restore_answer", "恢复后确认"}, {"restore_adopt", "恢复后补入"}, {"restore_done", "恢复完成"},
};

const char *report_word(const struct report_ask *ask, const char *word)
{
    for (size_t i = 0; !ask->english && i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, word) == 0) return words[i].zh;
    return word;
}
