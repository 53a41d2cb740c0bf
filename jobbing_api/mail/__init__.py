"""Mails and text messages we owe, and how they leave.

Hides: the outbox table, leases and retries, SMTP with its ways to be encrypted, Twilio's API,
and the files that stand in for both on a laptop. A letter is a row before it is a task, and
leaves at least once: a process killed between the other side's answer and the record sends it
again; a mail under the same Message-ID, so that a reader's mailbox can tell.
"""

from jobbing_api.mail.outbox import Mail as Mail
from jobbing_api.mail.outbox import deliver as deliver
from jobbing_api.mail.outbox import due_ids as due_ids
from jobbing_api.mail.outbox import forget_old as forget_old
from jobbing_api.mail.outbox import next_due_at as next_due_at
from jobbing_api.mail.outbox import text as text
from jobbing_api.mail.outbox import write as write

__all__ = ["Mail", "deliver", "due_ids", "forget_old", "next_due_at", "text", "write"]
