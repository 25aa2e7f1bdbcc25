"""Step: a decision in plain sentences a resident understands, in Chinese or English, from its stored form alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from points.errors import KINDS
from points.rules.check_filled import not_said
from points.rules.conditions import NO_NAMES, WORDS, Names
from points.rules.decision import Decision, Grant, Outcome
from points.rules.pack import Pack
from points.rules.sentences import said_step
from points.rules.silent import silent
from points.rules.texts import NOTHING, Text, plain
from points.rules.tiers import stood

_ON_THE_WAY = Text("积分正在入账。", "The points are on their way to your account.")
_TRIED = Text("这是试算，没有入账。", "This is a trial; nothing is posted.")


def explain(
    decision: Decision,
    language: str = "zh-CN",
    pack: Pack | None = None,
    funds: Mapping[str, Text] | None = None,
    names: Names = NO_NAMES,
    *,
    dry: bool = False,
) -> list[str]:
    """Sentences naming the document, each rule, its arithmetic, the cap that cut it, the fund, opening and expiry.

    Given the pack that decided, where its rules look at tiers the resident is told theirs, and a deed without points is
    told why the rules for such deeds were silent. Funds, streets, teams and activities are called as `funds` and
    `names` say. A decision that is only tried (`dry`) says that nothing is posted, and why the other rules for such
    deeds were silent though one spoke.
    """
    zone = ZoneInfo(decision.timezone)
    texts = [_opening(decision, zone), *(stood(pack.tiers, decision.facts.tallies) if pack is not None else ())]
    if not decision.grants:
        texts.append(Text("按这份细则，这次行为没有积分。", "By these rules this deed brings no points."))
        texts.extend(_silences(decision, pack, names) if pack is not None else ())
    for grant in decision.grants:
        texts.extend(_grant(grant, decision.outcomes.get(grant.rule), zone, funds or {}))
        texts.extend(_not_counted(decision, grant, pack) if pack is not None else ())
    if dry:
        texts = [_TRIED if text is _ON_THE_WAY else text for text in texts]
        texts.extend(_silences(decision, pack, names) if pack is not None and decision.grants else ())
    return [text.say(language) for text in texts]


def _silences(decision: Decision, pack: Pack, names: Names) -> list[Text]:
    kind = decision.event.kind.value
    near = {rule.id for rule in pack.candidates(kind, decision.event.category)}
    if not near:
        sort, category = WORDS["kind"][kind], decision.category
        return [
            Text(f"细则里没有{sort.zh}“{category.zh}”的规则。", f"No rule of it is about {sort.en} “{category.en}”.")
        ]
    return [
        Text(f"规则“{each.title.zh}”：{each.reason.zh}。", f"Rule “{each.title.en}”: {each.reason.en}.")
        for each in silent(pack, decision, names)
        if each.rule in near
    ]


def _opening(decision: Decision, zone: ZoneInfo) -> Text:
    event = decision.event
    kind, day = WORDS["kind"][event.kind.value], event.at.astimezone(zone).date()
    quantity = plain(event.quantity)
    hours = Text(f"，{quantity} 小时", f", {quantity} hours") if event.kind.value == "service" else Text("", "")
    kind_zh = "" if kind.zh == decision.category.zh else kind.zh
    return Text(
        f"{day} 的{kind_zh}“{decision.category.zh}”{hours.zh}，"
        f"按《{decision.document.zh}》（{decision.document_number}，第 {decision.version} 版）计分。",
        f"Your deed of {day}, {kind.en} “{decision.category.en}”{hours.en}, is decided by “{decision.document.en}” "
        f"({decision.document_number}, version {decision.version}).",
    )


def _grant(grant: Grant, outcome: Outcome | None, zone: ZoneInfo, funds: Mapping[str, Text]) -> list[Text]:
    parts = [said_step(step) for step in grant.steps]
    zh, en = "；".join(part.zh for part in parts), "; ".join(part.en for part in parts)
    texts = [
        Text(
            f"规则“{grant.title.zh}”：{zh}。合计 {grant.amount} 分。",
            f"Rule “{grant.title.en}”: {en}. In all {grant.amount} points.",
        )
    ]
    if grant.overflow:
        to = _called(grant.overflow_fund or "", funds)
        texts.append(
            Text(
                f"其中 {grant.overflow} 分超出可存上限，留在{to.zh}用于捐助。",
                f"{grant.overflow} points exceed what can be stored and stay with {to.en} as a donation.",
            )
        )
    if grant.amount:
        texts.extend(_outcome(grant, outcome))
        texts.append(_fund(grant, zone, funds))
    return texts


def _not_counted(decision: Decision, grant: Grant, pack: Pack) -> list[Text]:
    """What of caps and limits counts by something the deed does not say (its household)."""
    rule = next((each for each in pack.rules if each.id == grant.rule), None)
    found = []
    for cap in rule.caps if rule is not None else ():
        lacking = not_said(cap.per, decision.event)
        if lacking.zh:
            found.append(
                Text(
                    f"“{cap.title.zh}”的上限这次没有计：这件事没有记录{lacking.zh}。",
                    f"“{cap.title.en}” did not count this deed, which does not say {lacking.en}.",
                )
            )
    lacking = not_said(rule.times.measure.match, decision.event) if rule is not None and rule.times else NOTHING
    if lacking.zh:
        zh = f"这件事没有写明{lacking.zh}，“{grant.title.zh}”可得几次按您本人计。"
        en = f"It does not say {lacking.en}; how often “{grant.title.en}” pays was counted for you alone."
        found.append(Text(zh, en))
    return found


def _outcome(grant: Grant, outcome: Outcome | None) -> list[Text]:
    if outcome is None or (outcome.state == "waiting" and outcome.reason is None):
        return [_ON_THE_WAY]
    if outcome.state == "waiting":
        why = _why(outcome.reason)
        return [Text(f"积分等待入账（{why.zh}）。", f"The points wait to be added ({why.en}).")]
    if outcome.state == "refused":
        why = _why(outcome.reason)
        return [Text(f"入账被拒绝（{why.zh}）。", f"The posting was refused ({why.en}).")]
    if outcome.state == "undone":
        return [Text("这笔积分已被撤销。", "This grant has been undone.")]
    titles = {each.key: each.title for each in grant.cap_titles}
    ceilings = dict(grant.caps)
    before = _before(grant, outcome)
    texts = [_given_before(before)] if before and outcome.cuts else []
    for cut in outcome.cuts:
        title, ceiling = titles.get(cut.cap, Text(cut.cap, cut.cap)), ceilings.get(cut.cap, cut.granted)
        texts.append(
            Text(
                f"“{title.zh}”的上限是 {ceiling} 分，当时还剩 {cut.granted} 分，"
                f"所以 {cut.asked} 分只能给 {cut.granted} 分；{_left(cut.granted + before - outcome.granted).zh}。",
                f"“{title.en}” allows {ceiling} points, of which {cut.granted} were left, "
                f"so {cut.asked} became {cut.granted}; {_left(cut.granted + before - outcome.granted).en}.",
            )
        )
    texts.append(Text(f"实际入账 {outcome.granted} 分。", f"{outcome.granted} points were added."))
    return texts


def _before(grant: Grant, outcome: Outcome) -> int:
    """Points of the grant that were given before those that a cap has cut were asked for."""
    rest = grant.amount
    for place, cut in enumerate(outcome.cuts):
        if place == 0 or cut.asked != outcome.cuts[place - 1].granted:
            rest -= cut.asked
    return max(0, rest)


def _given_before(points: int) -> Text:
    return Text(f"其中 {points} 分先前已经给过。", f"{points} of them had been given before.")


def _left(points: int) -> Text:
    """What is left of a cap once the grant was counted, which another cap may have cut further."""
    if points <= 0:
        return Text("这个上限现在用完了", "nothing is left of it now")
    return Text(
        f"别的上限减得更多，这个上限还剩 {points} 分", f"another cap cut more, so {points} are left of this one"
    )


def _why(code: str | None) -> Text:
    """A refusal's code as its own sentence, without the full stop; a code nobody declared as it is."""
    if code not in KINDS:
        return Text(str(code), str(code))
    refusal = KINDS[code]()
    return Text(refusal.sentence("zh-CN").rstrip("。"), refusal.sentence("en").rstrip("."))


def _called(fund: str, funds: Mapping[str, Text]) -> Text:
    title = funds.get(fund)
    if title is None:
        return Text(f"“{fund}”基金", f"the fund “{fund}”")
    return Text(f"“{title.zh}”", f"the “{title.en}”")


def _fund(grant: Grant, zone: ZoneInfo, funds: Mapping[str, Text]) -> Text:
    last = (grant.expires_at - timedelta(milliseconds=1)).astimezone(zone).date()
    opens_zh, opens_en = "", ""
    if grant.opens_at is not None:
        opens_zh = f"，公示后 {_minute(grant.opens_at, zone)} 起可用"
        opens_en = f", can be used from {_minute(grant.opens_at, zone)} after the public notice"
    fund = _called(grant.fund, funds)
    return Text(
        f"积分由{fund.zh}支付{opens_zh}，有效期至 {last}。",
        f"They are paid by {fund.en}{opens_en} and are valid until {last}.",
    )


def _minute(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
