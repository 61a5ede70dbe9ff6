"""English words so common that as bare search words they find everything and rank nothing."""

STOP_WORDS = frozenset(
    """
    a about after again all also am an and any are arent as at be because been before being between both
    but by can cant could did didnt do does doesnt doing dont down during each few for from further had
    has have having he her here hers him his how i if im in into is isnt it its itself ive just me more
    most my no nor not of off on once only or other our out over own same she should so some such than
    that thats the their them then there theres these they theyre this those through to too under until
    up very was wasnt we were what whats when where which while who whom why will with wont would you
    your youre yours
    """.split()  # noqa: SIM905 - read as a text, not as a column of 150 lines
)
"""Folded to small letters; contractions are written without their apostrophe."""
