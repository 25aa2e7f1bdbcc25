"""What a state and a step are called in Chinese, for the refusal of a step that the present state does not allow."""

from __future__ import annotations

from typing import Final

STATES: Final = {
    # acts
    "declared": "待审核",
    "approved": "已通过",
    "refused": "未通过",
    "appealed": "申诉中",
    "upheld": "维持原决定",
    "overturned": "已改判",
    # tickets
    "received": "待核实",
    "filed": "已立案",
    "dispatched": "已派遣",
    "fixed": "已处置",
    "closed": "已办结",
    "rated": "已评价",
    # volunteering
    "signed_up": "已报名",
    "left": "已取消报名",
    "attended": "已到场",
    "present": "已签到",
    "done": "已签退",
    "forgotten": "未签退",
    "second_needed": "待第二人确认",
    # earnings, funds and rule packs
    "open": "待答复",
    "correcting": "更正待确认",
    "corrected": "已更正",
    "asked": "待确认",
    "accepted": "已受理",
    "confirmed": "已确认",
    "declined": "未确认",
    "submitted": "待发布",
    "withdrawn": "已撤回",
    "published": "已发布",
    "suspended": "已停用",
    # transfers between districts
    "sending": "转出中",
    "sent": "在途",
    "arrived": "已转入",
    "returned": "已退回",
}
STEPS: Final = {
    # acts and appeals
    "approve": "通过",
    "refuse": "不予通过",
    "appeal": "申诉",
    "extend": "延长期限",
    "uphold": "维持原决定",
    "overturn": "改判",
    # tickets
    "verify": "立案",
    "dispatch": "派遣",
    "return": "退单",
    "fix": "报告处置完成",
    "pass": "核查通过",
    "fail": "核查退回",
    "join": "并入原工单",
    "close_with_original": "随原工单办结",
    "rate": "评价",
    "reopen": "重新处置",
    "reopen_with_original": "随原工单重新处置",
    # volunteering
    "leave": "取消报名",
    "attend": "签到",
    "check_out": "签退",
    "close_forgotten": "按未签退处理",
    "confirm_doubtful": "转第二人确认",
    "confirm_as_second": "由第二人确认",
    "confirm_leader": "确认队长的时长",
    # earnings, funds and rule packs
    "confirm": "确认",
    "correct": "更正",
    "decline": "不予确认",
    "simulate": "试算",
    "withdraw": "撤回",
    "publish": "发布",
    "ask_to_suspend": "申请停用",
    "suspend": "停用",
    # transfers between districts
    "send": "转出",
    "arrive": "转入",
    "bring_back": "退回",
}
