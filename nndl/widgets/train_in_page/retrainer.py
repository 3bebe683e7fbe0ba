"""Work that is begun anew whenever its settings change: one thread at most, and the latest settings win."""

import threading

__all__ = ["Retrainer"]


class Retrainer:
    """Runs ``work(settings, stale)`` in a background thread, for the latest settings only.

    Parameters
    ----------
    work : callable(settings, stale)
        Does the work; ``stale()`` turns true when its result is no longer wanted, and it should return soon.
    pause : float
        Seconds without a further request before the work begins: a moving slider asks many times a second.

    Notes
    -----
    Requests are never queued: one that comes while work is going on replaces any other that waits. The thread
    ends when nothing is wanted. What ``work`` raises is raised again by ``wait``.
    """

    def __init__(self, work, pause=0.2):
        self._work, self._pause = work, pause
        self._changed = threading.Condition()
        self._ticket = 0
        self._wanted = None
        self._thread = None
        self._error = None

    def request(self, settings):
        """Do the work for these settings soon, and let go of any other."""
        with self._changed:
            self._ticket += 1
            self._wanted = settings
            self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="nndl-retrainer", daemon=True)
                self._thread.start()

    def stop(self):
        """Want nothing: work that is going on ends at its next look at ``stale()``."""
        with self._changed:
            self._ticket += 1
            self._wanted = None
            self._changed.notify_all()

    @property
    def busy(self):
        """Whether work is going on or waits to begin."""
        return self._thread is not None

    def wait(self, timeout=None):
        """Block until nothing is going on; raise what the latest work raised, or TimeoutError after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._thread is None, timeout):
                raise TimeoutError(f"Still at work after {timeout} s. Wait longer, or call stop().")
            error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self):
        while True:
            settings, ticket = self._settle()
            if settings is None:
                return
            try:
                self._work(settings, lambda ticket=ticket: ticket != self._ticket)
            except Exception as error:
                self._error = error

    def _settle(self):
        """Return (settings, ticket) once no request has come for a while; (None, ticket) as the thread ends."""
        with self._changed:
            while self._wanted is not None:
                ticket = self._ticket
                if not self._changed.wait_for(lambda ticket=ticket: ticket != self._ticket, self._pause):
                    settings, self._wanted = self._wanted, None
                    self._error = None
                    return settings, ticket
            self._thread = None
            self._changed.notify_all()
            return None, self._ticket
