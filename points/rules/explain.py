"""Step: a decision in plain sentences a resident understands, in Chinese or English, from its stored form alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from points.rules.conditions import WORDS
from points.rules.decision import Decision, Grant, Outcome
from points.rules.pack import Pack
from points.rules.sentences import said_step
from points.rules.silent import silent
from points.rules.texts import Text, plain


def explain(decision: Decision, language: str = "zh-CN", pack: Pack | None = None) -> list[str]:
    """Sentences naming the document, each rule, its arithmetic, the cap that cut it, the fund, opening and expiry.

    Given the pack that decided, a deed without points is told why the rules for such deeds were silent.
    """
    zone = ZoneInfo(decision.timezone)
    texts = [_opening(decision, zone)]
    if not decision.grants:
        texts.append(Text("按这份细则，这次行为没有积分。", "By these rules this deed brings no points."))
        texts.extend(_silences(decision, pack) if pack is not None else ())
    for grant in decision.grants:
        texts.extend(_grant(grant, decision.outcomes.get(grant.rule), zone))
    return [text.say(language) for text in texts]


def _silences(decision: Decision, pack: Pack) -> list[Text]:
    near = {rule.id for rule in pack.candidates(decision.event.kind.value, decision.event.category)}
    return [
        Text(f"规则“{each.title.zh}”：{each.reason.zh}。", f"Rule “{each.title.en}”: {each.reason.en}.")
        for each in silent(pack, decision)
        if each.rule in near
    ]


def _opening(decision: Decision, zone: ZoneInfo) -> Text:
    event = decision.event
    kind, day = WORDS["kind"][event.kind.value], event.at.astimezone(zone).date()
    quantity = plain(event.quantity)
    hours = Text(f"，{quantity} 小时", f", {quantity} hours") if event.kind.value == "service" else Text("", "")
    return Text(
        f"{day} 的{kind.zh}“{decision.category.zh}”{hours.zh}，"
        f"按《{decision.document.zh}》（{decision.document_number}，第 {decision.version} 版）计分。",
        f"Your deed of {day}, {kind.en} “{decision.category.en}”{hours.en}, is decided by “{decision.document.en}” "
        f"({decision.document_number}, version {decision.version}).",
    )


def _grant(grant: Grant, outcome: Outcome | None, zone: ZoneInfo) -> list[Text]:
    parts = [said_step(step) for step in grant.steps]
    zh, en = "；".join(part.zh for part in parts), "; ".join(part.en for part in parts)
    texts = [
        Text(
            f"规则“{grant.title.zh}”：{zh}。合计 {grant.amount} 分。",
            f"Rule “{grant.title.en}”: {en}. In all {grant.amount} points.",
        )
    ]
    if grant.overflow:
        texts.append(
            Text(
                f"其中 {grant.overflow} 分超出可存上限，留在“{grant.overflow_fund}”基金用于捐助。",
                f"{grant.overflow} points exceed what can be stored and stay with the fund "
                f"“{grant.overflow_fund}” as a donation.",
            )
        )
    if grant.amount:
        texts.extend(_outcome(grant, outcome))
        texts.append(_fund(grant, zone))
    return texts


def _outcome(grant: Grant, outcome: Outcome | None) -> list[Text]:
    if outcome is None or (outcome.state == "waiting" and outcome.reason is None):
        return [Text("积分正在入账。", "The points are on their way to your account.")]
    if outcome.state == "waiting":
        return [Text(f"积分等待入账（{outcome.reason}）。", f"The points wait to be added ({outcome.reason}).")]
    if outcome.state == "refused":
        return [Text(f"入账被拒绝（{outcome.reason}）。", f"The posting was refused ({outcome.reason}).")]
    if outcome.state == "undone":
        return [Text("这笔积分已被撤销。", "This grant has been undone.")]
    titles = {each.key: each.title for each in grant.cap_titles}
    ceilings = dict(grant.caps)
    texts = []
    for cut in outcome.cuts:
        title, ceiling = titles.get(cut.cap, Text(cut.cap, cut.cap)), ceilings.get(cut.cap, cut.granted)
        texts.append(
            Text(
                f"“{title.zh}”的上限是 {ceiling} 分，当时还剩 {cut.granted} 分，"
                f"所以 {cut.asked} 分只能给 {cut.granted} 分；这个上限现在用完了。",
                f"“{title.en}” allows {ceiling} points, of which {cut.granted} were left, "
                f"so {cut.asked} became {cut.granted}; nothing is left of it now.",
            )
        )
    texts.append(Text(f"实际入账 {outcome.granted} 分。", f"{outcome.granted} points were added."))
    return texts


def _fund(grant: Grant, zone: ZoneInfo) -> Text:
    last = (grant.expires_at - timedelta(milliseconds=1)).astimezone(zone).date()
    opens_zh, opens_en = "", ""
    if grant.opens_at is not None:
        opens_zh = f"，公示后 {_minute(grant.opens_at, zone)} 起可用"
        opens_en = f", can be used from {_minute(grant.opens_at, zone)} after the public notice"
    return Text(
        f"积分由“{grant.fund}”基金支付{opens_zh}，有效期至 {last}。",
        f"They are paid by the fund “{grant.fund}”{opens_en} and are valid until {last}.",
    )


def _minute(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
