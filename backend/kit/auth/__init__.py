"""Who is asking, and may they: callers, sessions, and the one table of permissions."""

from backend.kit.auth.caller import Caller, caller_from_request, loader, role_holder
from backend.kit.auth.permissions import PERMISSIONS, Role

__all__ = ["PERMISSIONS", "Caller", "Role", "caller_from_request", "loader", "role_holder"]
