"""What WeChat pushes here: checked (`envelope`), read (`events`), taken once (`receiver`), answered (`routes`)."""

from backend.wechat.push.events import MediaChecked, OtherPush, PushEvent, SubscriptionAnswered, SubscriptionChoice
from backend.wechat.push.receiver import PushHandlers, PushReceiver
from backend.wechat.push.routes import make_push_blueprint

__all__ = [
    "MediaChecked",
    "OtherPush",
    "PushEvent",
    "PushHandlers",
    "PushReceiver",
    "SubscriptionAnswered",
    "SubscriptionChoice",
    "make_push_blueprint",
]
