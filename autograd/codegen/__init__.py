"""Programs made of recorded graphs: ``autograd.to_source`` and ``autograd.compile``.

Both run the engine's own rules on Vars, which write down what is done to them (``trace.py``,
beside this folder). Nothing here knows a derivative.

To print a graph: ``source.py`` runs its rules (``replay.py``), ``terms.py`` simplifies each call
as a person would, ``printer.py`` writes the lines, ``helpers.py`` what they need besides NumPy.

To run a function: ``compiled.py`` is the decorator, ``recorder.py`` what a recording reads and
writes outside, ``surroundings.py`` the plain Python around it and ``guards.py`` the conditions
under which it holds, ``tidy.py`` leaves out what need not be done, ``program.py`` writes lines into
memory that is kept, and ``listing.py`` puts it all together. ``spelling.py`` is how a call is
written in NumPy, for both.
"""
