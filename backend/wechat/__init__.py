"""The service's link to WeChat: calls go out (`client`), pushes come in (`push`); `emulator` stands in at the wire."""
