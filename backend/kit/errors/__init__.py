"""How a 'no' reaches the caller: refusals and faults as RFC 9457 problem documents."""

from backend.kit.errors.problem import STATUS, ProblemSchema, language, problem, register

__all__ = ["STATUS", "ProblemSchema", "language", "problem", "register"]
