"""What people and programs get to see of the store, whichever way they look: command line, pages or API."""
