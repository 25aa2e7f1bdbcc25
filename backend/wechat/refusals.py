"""The refusals of WeChat's side, and which of its numbers mean which."""

from __future__ import annotations

from typing import Final

import structlog

from backend.wechat.failures import CallFailed
from points.errors import Category, Kind, Refused, kind

log = structlog.get_logger(__name__)

CODE_INVALID: Final = kind(
    "wechat_code_invalid",
    Category.UNAUTHENTICATED,
    zh="微信登录凭证无效或已过期，请重新登录。",
    en="The WeChat sign-in code is not valid or has expired; please sign in again.",
)
CODE_USED: Final = kind(
    "wechat_code_used",
    Category.UNAUTHENTICATED,
    zh="微信登录凭证已被使用，请重新登录。",
    en="The WeChat sign-in code was used before; please sign in again.",
)
SIGN_IN_DENIED: Final = kind(
    "wechat_sign_in_denied",
    Category.FORBIDDEN,
    zh="微信暂不允许此账号登录，请联系微信客服。",
    en="WeChat does not let this account sign in now; please ask WeChat's support.",
)
PHONE_CODE_INVALID: Final = kind(
    "wechat_phone_code_invalid",
    Category.INVALID,
    zh="手机号凭证无效、已过期或已被使用，请重新点击获取手机号。",
    en="The phone code is not valid, has expired or was used before; please ask for it again.",
)
OPEN_DATA_STALE: Final = kind(
    "wechat_open_data_stale",
    Category.INVALID,
    zh="微信登录状态已变化，请重新登录后再试。",
    en="The WeChat session has changed; please sign in again and retry.",
)
UNAVAILABLE: Final = kind(
    "wechat_unavailable",
    Category.UNAVAILABLE,
    zh="微信服务暂时不可用，请稍后再试。",
    en="WeChat cannot be reached now; please try again shortly.",
    retry=True,
)
LIMITED: Final = kind(
    "wechat_limited",
    Category.TOO_MANY,
    zh="微信接口调用过于频繁，请稍后再试。",
    en="WeChat takes no more calls for the moment; please try again later.",
    retry=True,
)
MISCONFIGURED: Final = kind(
    "wechat_misconfigured",
    Category.UNAVAILABLE,
    zh="本服务与微信的连接设置有误，请联系管理员。",
    en="This service's link to WeChat is not set up correctly; please tell its administrator.",
)
PERSON_UNKNOWN: Final = kind(
    "wechat_person_unknown",
    Category.INVALID,
    zh="微信不认识此用户，请重新登录。",
    en="WeChat does not know this person in this app; please sign in again.",
)
PERSON_AWAY: Final = kind(
    "wechat_person_away",
    Category.CONFLICT,
    zh="内容检查需要用户在两小时内打开过小程序，请打开小程序后再试。",
    en="The check needs the person to have opened the mini-program within two hours; please open it and try again.",
    retry=True,
)
NOT_SUBSCRIBED: Final = kind(
    "wechat_not_subscribed",
    Category.CONFLICT,
    zh="用户未订阅此类消息，或订阅次数已用完。",
    en="The person has not subscribed to this message, or the subscription is used up.",
)
MESSAGE_INVALID: Final = kind(
    "wechat_message_invalid",
    Category.INVALID,
    zh="消息的模板、页面或内容不符合微信要求。",
    en="The message's template, page or content is not what WeChat asks for.",
)
MEDIA_INVALID: Final = kind(
    "wechat_media_invalid",
    Category.INVALID,
    zh="微信无法检查此图片。",
    en="WeChat cannot check this picture.",
)
TEXT_TOO_LONG: Final = kind(
    "wechat_text_too_long",
    Category.TOO_LARGE,
    zh="文字超过 {most} 字，无法检查。",
    en="The text is longer than {most} characters and cannot be checked.",
)
PAGE_CODE_INVALID: Final = kind(
    "wechat_page_code_invalid",
    Category.INVALID,
    zh="小程序码的参数或页面不符合微信要求。",
    en="The page or scene of the mini-program code is not what WeChat asks for.",
)

_LIMITED = dict.fromkeys((45009, 45011, 44991, 43108), LIMITED)
_MISCONFIGURED = dict.fromkeys(
    (40001, 40002, 40013, 40125, 40164, 41002, 41004, 43002, 44002, 47001, 48001, 43107), MISCONFIGURED
)
EVERYWHERE: Final[dict[int, Kind]] = _LIMITED | _MISCONFIGURED
ON_SIGN_IN: Final = {40029: CODE_INVALID, 40163: CODE_USED, 40226: SIGN_IN_DENIED}
ON_PHONE: Final = {40029: PHONE_CODE_INVALID, 40163: PHONE_CODE_INVALID}
ON_MESSAGE: Final = {40003: PERSON_UNKNOWN, 43101: NOT_SUBSCRIBED} | dict.fromkeys(
    (40037, 41030, 45168, 47003), MESSAGE_INVALID
)
ON_CHECK: Final = {
    40003: PERSON_UNKNOWN,
    43104: PERSON_UNKNOWN,
    61010: PERSON_AWAY,
    40004: MEDIA_INVALID,
    87020: MEDIA_INVALID,
}
ON_PAGE_CODE: Final = dict.fromkeys((40097, 40129, 40169, 41030, 85096), PAGE_CODE_INVALID)


def refused(failure: CallFailed, call: str, meanings: dict[int, Kind]) -> Refused:
    """The refusal for a failed call; logs its number, never its text."""
    known = (meanings | EVERYWHERE).get(failure.errcode) if failure.errcode is not None else None
    answer = (known or UNAVAILABLE)(errcode=failure.errcode)
    level = log.error if answer.kind is MISCONFIGURED else log.info if known else log.warning
    level("wechat_call_failed", call=call, number=failure.errcode, reason=failure.reason, rid=failure.rid)
    return answer
