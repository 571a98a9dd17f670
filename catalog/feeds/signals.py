"""What others may listen to. Sent after the commit, in the process that did it."""

from django.dispatch import Signal

import_ended = Signal()  # import_id=int; its state is finished, cancelled or failed
