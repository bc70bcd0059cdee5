"""Clocks of the law: what may have to be reported, to whom and by when. A checklist, not advice."""
