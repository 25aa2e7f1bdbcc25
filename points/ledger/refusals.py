"""The ladder: every 'no' of the ledger, declared once, in the order in which the checks are made."""

from __future__ import annotations

from points.errors import Category, Kind, Refused, kind

# Before the ledger is asked: what can be seen to be wrong from the command alone.
BAD_ID = kind("bad_id", Category.INVALID, zh="编号格式不对。", en="The id is not a UUIDv7.")
BAD_AMOUNT = kind(
    "bad_amount", Category.INVALID, zh="积分数不合规定。", en="The amount is not an allowed whole number."
)
BAD_ACCOUNT = kind(
    "bad_account", Category.INVALID, zh="账户不存在或不属于本区。", en="There is no such account in this district."
)
BAD_TIME = kind("bad_time", Category.INVALID, zh="时间不合规定。", en="The time is not allowed.")
BAD_TEXT = kind("bad_text", Category.INVALID, zh="文字不合规定。", en="The text is not allowed.")
BAD_CAP = kind("bad_cap", Category.INVALID, zh="上限不合规定。", en="The cap is not allowed.")
BAD_LIMIT = kind("bad_limit", Category.INVALID, zh="限额不合规定。", en="The limit is not allowed.")
BAD_STAFF = kind(
    "bad_staff", Category.INVALID, zh="需要两名不同的工作人员。", en="Two different members of staff are needed."
)
BAD_COMMAND = kind("bad_command", Category.INVALID, zh="不认识的指令。", en="This is no command of the ledger.")

# The ledger itself: it must be the one it was, and whole, before it is asked anything.
LEDGER_UNREACHABLE = kind(
    "ledger_unreachable",
    Category.UNAVAILABLE,
    zh="账本暂时连接不上，请用同一编号重试。",
    en="The ledger cannot be reached; try again with the same id.",
    retry=True,
)
LEDGER_FULL = kind(
    "ledger_full", Category.UNAVAILABLE, zh="账本内存已满，暂不记账。", en="The ledger has no memory left.", retry=True
)
LEDGER_TORN = kind(
    "ledger_torn",
    Category.UNAVAILABLE,
    zh="账本有一笔未写完，已停止记账，待重建。",
    en="An entry was half written; the ledger is closed until it is rebuilt.",
)
LEDGER_CLOSED = kind(
    "ledger_closed",
    Category.UNAVAILABLE,
    zh="账本尚未核对，暂不记账。",
    en="The ledger has not been matched with the journal and takes no postings.",
    retry=True,
)

LEDGER_BEHIND = kind(
    "ledger_behind",
    Category.UNAVAILABLE,
    zh="账本只到第 {ledger} 笔，流水已到第 {journal} 笔，需先补齐。",
    en="The ledger ends at entry {ledger}, the journal at {journal}; catch up first.",
)
LEDGER_LACKS = kind(
    "ledger_lacks",
    Category.UNAVAILABLE,
    zh="账本只到第 {ledger} 笔，而第 {seen} 笔已答复过：这不是原来的账本。"
    "流水里有的由 civic ledger catch-up 补齐；都没有的，只能以 civic ledger rebuild --replace 另起纪元。",
    en="The ledger ends at entry {ledger}, though entry {seen} was answered: it is not the one it was. "
    "What the journal has, civic ledger catch-up gives back; without it civic ledger rebuild --replace begins anew.",
)
LEDGER_FORKED = kind(
    "ledger_forked",
    Category.UNAVAILABLE,
    zh="账本第 {number} 笔与流水不一致。",
    en="Entry {number} of the ledger is not the journal's.",
)
LEDGER_EPOCH = kind(
    "ledger_epoch",
    Category.UNAVAILABLE,
    zh="账本属第 {ledger} 纪元，流水已在第 {journal} 纪元：这不是现行的账本。",
    en="The ledger is of epoch {ledger}, the journal of epoch {journal}: it is not the ledger that goes on.",
)
LEDGER_NOT_EMPTY = kind(
    "ledger_not_empty",
    Category.CONFLICT,
    zh="账本不是空的。要丢弃其中的内容，请用 civic ledger rebuild --replace。",
    en="The ledger is not empty. To throw away what it holds, use civic ledger rebuild --replace.",
)

# The id.
ID_REUSED = kind(
    "id_reused", Category.INVALID, zh="同一编号已用于别的内容。", en="This id was already used for something else."
)
ID_EXPIRED = kind(
    "id_expired",
    Category.GONE,
    zh="编号里的时间过早或在将来，请查询流水。",
    en="The id is too old or from the future; ask the journal for its entry.",
)
CLOCK_SKEW = kind(
    "clock_skew",
    Category.UNAVAILABLE,
    zh="服务器时钟相差过大，暂不记账。",
    en="The clocks of the service differ too much.",
    retry=True,
)

# For whoever stands before the ledger and finds that it refuses a time which is right by their own clock.
LEDGER_AHEAD = kind(
    "ledger_ahead",
    Category.UNAVAILABLE,
    zh="账本的时间走在时钟前面，暂不记账，请稍后用同一编号重试。",
    en="The ledger has seen a later time than the clocks show now; try again later with the same id.",
    retry=True,
    wait_seconds=60,
)

# What the command speaks of.
OFFER_UNKNOWN = kind("offer_unknown", Category.NOT_FOUND, zh="没有这个兑换品。", en="There is no such offer.")
HOLD_UNKNOWN = kind("hold_unknown", Category.NOT_FOUND, zh="没有这笔兑换。", en="There is no such redemption.")
EARNING_UNKNOWN = kind("earning_unknown", Category.NOT_FOUND, zh="没有这笔积分。", en="There is no such earning.")
CAPTURE_UNKNOWN = kind("capture_unknown", Category.NOT_FOUND, zh="没有这笔核销。", en="There is no such capture.")

# Who is closed.
RESIDENT_CLOSED = kind("resident_closed", Category.CONFLICT, zh="该居民账户已暂停。", en="The resident is suspended.")
MERCHANT_CLOSED = kind("merchant_closed", Category.CONFLICT, zh="该商户已暂停。", en="The merchant is suspended.")
CLERK_CLOSED = kind("clerk_closed", Category.CONFLICT, zh="该店员已停用。", en="The clerk is suspended.")
FUND_CLOSED = kind("fund_closed", Category.CONFLICT, zh="该资金池已关闭。", en="The fund is closed.")
OFFER_CLOSED = kind("offer_closed", Category.CONFLICT, zh="该兑换品已下架。", en="The offer is closed.")
FOREIGN_MERCHANT = kind(
    "foreign_merchant",
    Category.FORBIDDEN,
    zh="该商户不参与此兑换品。",
    en="This merchant does not take part in the offer.",
)

# What state things are in.
HOLD_CAPTURED = kind(
    "hold_captured", Category.CONFLICT, zh="这笔兑换已核销。", en="The redemption was already captured."
)
HOLD_RELEASED = kind("hold_released", Category.CONFLICT, zh="这笔兑换已取消。", en="The redemption was cancelled.")
HOLD_TIMED_OUT = kind("hold_timed_out", Category.GONE, zh="这笔兑换已超时。", en="The redemption has timed out.")
ALREADY_REVERSED = kind(
    "already_reversed", Category.CONFLICT, zh="这笔积分已撤销。", en="The earning was already undone."
)
ALREADY_RECEIVED = kind(
    "already_received",
    Category.CONFLICT,
    zh="这笔跨区积分已入账。",
    en="These points from another district have arrived.",
)
NOT_DUE = kind("not_due", Category.CONFLICT, zh="还没有到时间。", en="It is not due yet.", retry=True)
OFFER_NOT_STARTED = kind(
    "offer_not_started", Category.CONFLICT, zh="兑换还没开始。", en="The offer has not started.", retry=True
)
OFFER_ENDED = kind("offer_ended", Category.GONE, zh="兑换已结束。", en="The offer has ended.")

# What there is left.
OVER_CEILING = kind(
    "over_ceiling", Category.INVALID, zh="超过积分上限。", en="This would pass the ceiling of the ledger."
)
OVER_HOLD = kind(
    "over_hold",
    Category.INVALID,
    zh="核销积分多于兑换积分 {points}。",
    en="More than the {points} points of the redemption.",
)
OVER_CAPTURE = kind(
    "over_capture",
    Category.INVALID,
    zh="退回积分多于可退的 {points}。",
    en="More than the {points} points left to refund.",
)
OUT_OF_STOCK = kind("out_of_stock", Category.CONFLICT, zh="库存不足。", en="Out of stock.", retry=True)
STOCK_SHORT = kind("stock_short", Category.CONFLICT, zh="库存只有 {stock}。", en="The stock is only {stock}.")
LIMIT_REACHED = kind(
    "limit_reached",
    Category.CONFLICT,
    zh="已达到{period}的兑换次数限制。",
    en="The limit for this {period} is reached.",
    words={
        "period": {
            "day": "每日",
            "week": "每周",
            "month": "每月",
            "quarter": "每季度",
            "year": "每年",
            "lifetime": "每人",
        }
    },
)
INSUFFICIENT_POINTS = kind(
    "insufficient_points",
    Category.CONFLICT,
    zh="积分不足：可用 {available}，需要 {needed}。",
    en="Not enough points: {available} available, {needed} needed.",
)
FUND_SHORT = kind(
    "fund_short", Category.CONFLICT, zh="资金池余额不足。", en="The fund does not cover this.", retry=True
)
MERCHANT_SHORT = kind(
    "merchant_short", Category.CONFLICT, zh="商户余额不足。", en="The merchant has fewer points than that."
)

# After the entry: it is there, but not yet where the level of acknowledgement wants it.
NOT_YET_DURABLE = kind(
    "not_yet_durable",
    Category.UNAVAILABLE,
    zh="已记账，尚未达到要求的保存级别，请用同一编号重试。",
    en="Posted, but not yet kept as safely as required; try again with the same id.",
    retry=True,
)

LADDER: tuple[Kind, ...] = (
    LEDGER_TORN,
    LEDGER_CLOSED,
    LEDGER_EPOCH,
    LEDGER_LACKS,
    ID_REUSED,
    ID_EXPIRED,
    CLOCK_SKEW,
    OFFER_UNKNOWN,
    HOLD_UNKNOWN,
    EARNING_UNKNOWN,
    CAPTURE_UNKNOWN,
    RESIDENT_CLOSED,
    MERCHANT_CLOSED,
    CLERK_CLOSED,
    FUND_CLOSED,
    OFFER_CLOSED,
    FOREIGN_MERCHANT,
    HOLD_CAPTURED,
    HOLD_RELEASED,
    ALREADY_REVERSED,
    ALREADY_RECEIVED,
    NOT_DUE,
    OFFER_NOT_STARTED,
    OFFER_ENDED,
    HOLD_TIMED_OUT,
    BAD_TIME,
    OVER_CEILING,
    OVER_HOLD,
    OVER_CAPTURE,
    OUT_OF_STOCK,
    STOCK_SHORT,
    LIMIT_REACHED,
    INSUFFICIENT_POINTS,
    FUND_SHORT,
    MERCHANT_SHORT,
    NOT_YET_DURABLE,
)
"""Checks are made in this order, whatever the kind of command; the first that fails is the answer."""

BY_CODE = {rung.code: rung for rung in LADDER}


def refusal(code: str, *details: str) -> Refused:
    """The refusal a script answered: its code and name-value pairs."""
    pairs = dict(zip(details[::2], details[1::2], strict=True))
    return BY_CODE[code](
        **{name: int(value) if value.lstrip("-").isdigit() else value for name, value in pairs.items()}
    )
