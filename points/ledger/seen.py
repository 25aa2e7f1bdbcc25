"""How far this process has seen a ledger reach: one that reaches less is not the one it was."""

from __future__ import annotations

from points.ledger.refusals import LEDGER_EPOCH


class Seen:
    """The highest entry this process was answered, in the epoch it was answered in.

    It goes along with every posting, and the script refuses when its ledger has less. Two threads that are answered at
    the same moment may leave the lower of their two numbers; the next answer raises it again.
    """

    def __init__(self) -> None:
        self._at = (0, 0)

    @property
    def args(self) -> tuple[str, str]:
        """As the script is told: the number, the epoch."""
        epoch, number = self._at
        return str(number), str(epoch)

    def in_epoch(self, epoch: int) -> int:
        """The highest number that was answered in an epoch; 0 when none was."""
        return self._at[1] if self._at[0] == epoch else 0

    def reached(self, number: int, epoch: int | None = None) -> None:
        """An entry of this number is there; without an epoch, in the one of the last question."""
        self._at = max(self._at, (self._at[0] if epoch is None else epoch, number))

    def answered(self, answers: list[bytes]) -> None:
        """Take the highest number that was given."""
        for answer in reversed(answers):
            if answer[:1].isdigit():
                self.reached(int(answer[: answer.index(b"\t")]))
                return

    def follow(self, refusal: bytes) -> None:
        """A later epoch has begun: what was seen in the one before counts no more.

        Raises Refused `ledger_epoch` when the ledger's is an earlier one.
        """
        ledger, own = int(refusal.split(b"\t")[1]), self._at[0]
        if ledger < own:
            raise LEDGER_EPOCH(ledger=ledger, journal=own)
        self.reached(0, ledger)
